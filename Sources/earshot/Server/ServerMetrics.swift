import API
import CLinux
import CallControl
import Media
import Signalling
import Storage
import Supervision

/// What the process tells of itself at `/metrics` and `/readyz`: numbers, never names.
struct ServerMetrics: Sendable {
  let switchboard: Switchboard
  let signalling: SIPPlane
  let media: MediaEngine
  let load: LoadWatch
  let audit: SQLiteAuditLog
  let started: Moment

  /// Why it can't take calls or supervision at present.
  var faults: [String] {
    let health = audit.health
    var faults: [String] = []
    if !health.isWritable {
      faults.append("The audit can't be written: \(health.explanation ?? "no reason known").")
    }
    if load.overload.level == .noCalls {
      faults.append("The media workers have too much to do: no call is taken. Send calls to another node.")
    }
    return faults
  }

  var all: [Metric] {
    get async {
      let counts = switchboard.counts
      let sip = await signalling.counters
      let sound = await media.counters()
      return [
        gauge("earshot_calls", "Calls at present.", counts.calls),
        gauge("earshot_supervisions", "Supervision sessions asked for or open at present.", counts.sessions),
        gauge("earshot_watchers", "Event streams being served at present.", switchboard.board.watcherCount),
        gauge("earshot_sip_lamps", "Lamps of phones that are kept up to date at present.", sip.lamps),
        gauge("earshot_sip_legs", "SIP legs at present.", sip.liveLegs),
        gauge("earshot_sip_registrations", "Registered phones at present.", sip.registrations),
        gauge(
          "earshot_sip_flows", "TCP connections by which registered phones are reached at present.", sip.flows
        ),
        gauge(
          "earshot_sip_connections", "TCP connections of SIP at present, silent ones included.",
          sip.connections),
        counter("earshot_sip_invites_total", "New INVITEs, refused ones included.", sip.invites),
        counter(
          "earshot_sip_strangers_total", "Requests of peers that are neither trunk nor user.", sip.strangers),
        counter(
          "earshot_sip_authentication_failures_total", "Wrong credentials.", sip.authenticationFailures),
        gauge("earshot_sip_next_hops", "Next hops of trunks.", sip.nextHops),
        gauge("earshot_sip_next_hops_up", "Next hops that are there, as far as is known.", sip.nextHopsUp),
        counter(
          "earshot_sip_failovers_total", "Calls that went on to another next hop of their trunk.",
          sip.failovers),
        gauge(
          "earshot_sip_trunk_registrations_wanted", "Registrations to be kept at trunks.",
          sip.trunkRegistrationsWanted),
        gauge(
          "earshot_sip_trunk_registrations", "Registrations at trunks in force at present.",
          sip.trunkRegistrations),
        counter(
          "earshot_sip_refused_credentials_total", "Challenges of trunks that our credentials didn't meet.",
          sip.refusedCredentials),
        counter("earshot_sip_lost_total", "Legs whose peer couldn't be reached any more.", sip.lost),
        gauge("earshot_media_legs", "Legs with sound at present.", sound.legs),
        gauge("earshot_media_sockets", "RTP and RTCP sockets at present.", sound.sockets),
        gauge("earshot_media_timers", "Timers of the media plane at present.", sound.timers),
        Metric(
          "earshot_media_load", .gauge, help: "Share of the busiest media worker's time, 0 to 1, smoothed.",
          value: load.overload.load),
        gauge(
          "earshot_overload", "1 while no supervision is begun for want of time, 2 while no call is either.",
          load.overload.level.rawValue),
        counter("earshot_calls_turned_away_total", "Calls not taken for overload.", switchboard.turnedAway),
        counter("earshot_media_packets_received_total", "RTP packets taken.", sound.packetsReceived),
        counter("earshot_media_packets_sent_total", "RTP packets sent.", sound.packetsSent),
        counter("earshot_media_strangers_total", "Packets of unknown sources, dropped.", sound.strangers),
        counter("earshot_media_malformed_total", "Packets that were no RTP, dropped.", sound.malformed),
        counter(
          "earshot_media_send_errors_total", "Packets that the kernel didn't take.", sound.sendErrors),
        counter("earshot_media_receive_errors_total", "Reads that failed.", sound.receiveErrors),
        counter(
          "earshot_browser_stun_strangers_total", "STUN of nobody expected, dropped.", sound.stunStrangers),
        counter(
          "earshot_browser_stun_refusals_total", "Checks with a wrong password, or copied from others.",
          sound.stunRefusals),
        counter("earshot_browser_dtls_failures_total", "DTLS handshakes that failed.", sound.dtlsFailures),
        counter(
          "earshot_srtp_failures_total", "SRTP that was forged, replayed or too early, dropped.",
          sound.srtpFailures),
        counter("earshot_media_shed_total", "Supervisors' packets given up for the calls' sake.", sound.shed),
        counter("earshot_media_encoded_total", "Mixed packets that were encoded.", sound.encoded),
        counter("earshot_media_passed_total", "Packets of mixed rows that passed untouched.", sound.passed),
        counter("earshot_media_concealed_total", "Gaps in a mix that were concealed.", sound.concealed),
        gauge("earshot_audit_writable", "1 while the audit can be written.", audit.health.isWritable ? 1 : 0),
        Metric(
          "earshot_heap_bytes", .gauge, help: "Bytes of the heap in use.", value: Double(mallinfo2().uordblks)
        ),
        Metric(
          "earshot_start_time_seconds", .gauge, help: "When it started.", value: Double(started.wall) / 1_000),
      ]
    }
  }

  private func gauge(_ name: String, _ help: String, _ value: Int) -> Metric {
    Metric(name, .gauge, help: help, value: Double(value))
  }

  private func counter(_ name: String, _ help: String, _ value: UInt64) -> Metric {
    Metric(name, .counter, help: help, value: Double(value))
  }
}
