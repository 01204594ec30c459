import Audio
import RTP
import Supervision

/// A leg as its call knows it: who takes part by it, what is negotiated, and where its state lies.
final class CallLeg {
  let id: LegID
  private(set) var participant: ParticipantID
  private(set) var role: Role
  private(set) var state: UnsafeMutablePointer<LegState>
  let port: UInt16
  var negotiator: SDPNegotiator
  /// nil but for a browser.
  let link: BrowserLink?
  private var decoder: VoiceDecoder?
  private var keys: DescribedKeys?
  /// Where the peer has said that it takes RTCP.
  private var signalledReports = SocketAddress()
  var quality = QualityWindow()

  init(
    _ leg: MediaLeg, state: UnsafeMutablePointer<LegState>, port: UInt16, negotiator: SDPNegotiator,
    link: BrowserLink? = nil
  ) {
    id = leg.leg
    participant = leg.participant
    role = leg.role
    self.state = state
    self.port = port
    self.negotiator = negotiator
    self.link = link
    permit(leg.sources)
  }

  /// It takes part in another call from now on.
  func move(to state: UnsafeMutablePointer<LegState>, as leg: MediaLeg) {
    self.state = state
    participant = leg.participant
    role = leg.role
  }

  func permit(_ sources: SourcePolicy) {
    state.pointee.gate.learnsAny = sources.learnAny
    if let address = sources.signallingAddress { permit(signalling: address) }
  }

  /// The host that signalling came from may also be the one that sound comes from.
  func permit(signalling address: String) {
    if let host = SocketAddress(address, port: 0) { state.pointee.gate.signalling = host }
  }

  /// Puts into force what was agreed.
  func apply(_ audio: AudioNegotiation, now: Nanoseconds) {
    state.pointee.coding = VoiceCoding(audio.codec)
    state.pointee.payloadType = audio.codec.payloadType
    state.pointee.receivedPayloadType = audio.localPayloadType
    state.pointee.eventPayloadType = audio.telephoneEventPayloadType ?? LegState.noPayloadType
    state.pointee.receivedEventPayloadType = audio.localTelephoneEventPayloadType ?? LegState.noPayloadType
    state.pointee.packetSamples = audio.ptime * 8
    state.pointee.isMultiplexed = audio.rtcpMux
    state.pointee.sends = audio.localDirection.sends
    if let link {
      state.pointee.isMultiplexed = false
      if let browser = audio.browser { link.agree(browser, now: now) }
      return
    }
    if audio.crypto != keys?.agreement {
      keys = audio.crypto.map { DescribedKeys($0, before: keys) }
      state.pointee.crypt = keys?.path
    }
    guard let remote = SocketAddress(audio.remoteAddress, port: audio.remotePort) else { return }
    if state.pointee.gate.signal(remote, now: now) {
      state.pointee.isTied = true
      state.pointee.untie()
    }
    let reports = remote.with(port: audio.remoteRTCPPort)
    if !remote.isUnspecified, reports != signalledReports {
      signalledReports = reports
      state.pointee.reportAddress = reports
      state.pointee.isReportLearned = false
    }
  }

  /// An offer with other ICE credentials than those in force asks for ICE to begin anew.
  func renewCredentials(with generator: inout some RandomNumberGenerator) {
    guard let link, let agreed = link.remote, let offered = negotiator.offeredBrowser,
      offered.fragment != agreed.fragment
    else { return }
    let next = ICECredentials(&generator)
    link.restart(next)
    negotiator.browser?.fragment = next.fragment
    negotiator.browser?.password = next.password
  }

  /// Makes what its sound is decoded with.
  /// - Parameter isWide: somebody of the call's parties has wide sound: then all that may be wide is.
  /// - Returns: whether its sound is of another band than before.
  func prepareDecoder(isWide: Bool) -> Bool {
    let coding = state.pointee.coding
    let band = isWide ? coding.band : .narrow
    if !coding.isStateful {
      decoder = nil
    } else if decoder?.coding != coding || decoder?.band != band {
      decoder = VoiceDecoder(coding, band)
    }
    state.pointee.decoder = decoder.map { .passUnretained($0) }
    defer { state.pointee.band = band }
    return band != state.pointee.band
  }

  /// What was said until now has no part in what is to come.
  func forgetSound() { decoder?.forget() }

  /// What is known of its sound.
  func report(proof: [MixProof]) -> LegReport {
    var report = LegReport()
    report.codec = negotiator.audio?.codec.name ?? ""
    report.packetsReceived = state.pointee.packetsReceived
    report.packetsSent = state.pointee.packetsSent
    report.packetsLost = state.pointee.packetsLost
    report.jitter = Double(state.pointee.reception.jitter) / 8
    let told = state.pointee.reports
    if told.isKnown {
      report.reportedLost = UInt64(max(told.lost, 0))
      report.reportedJitter = Double(told.jitter) / 8
    }
    if told.roundTrip >= 0 { report.roundTrip = told.roundTrip }
    report.strangers = state.pointee.strangers
    report.malformed = state.pointee.malformed
    report.proof = proof
    return report
  }
}
