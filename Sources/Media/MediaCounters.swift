/// What the media plane has in hand and has done since its start: for metrics, and to see after a scenario that
/// nothing is left.
package struct MediaCounters: Hashable, Sendable {
  // What there is now.
  package var calls = 0
  package var legs = 0
  package var sockets = 0
  /// Of rows that may need blocks of ours, and of RTCP.
  package var timers = 0

  // What has been.
  package var packetsReceived: UInt64 = 0
  package var packetsSent: UInt64 = 0
  /// From addresses that a leg doesn't know: dropped.
  package var strangers: UInt64 = 0
  /// Browsers' legs that there are (of `legs`).
  package var browserLegs = 0
  /// STUN of nobody that we expect: dropped.
  package var stunStrangers: UInt64 = 0
  /// Checks with a right name and a wrong password, copies of another's, or otherwise wrong: refused.
  package var stunRefusals: UInt64 = 0
  /// DTLS handshakes that failed, wrong fingerprints included.
  package var dtlsFailures: UInt64 = 0
  /// SRTP and SRTCP that was forged, replayed, or came before there were keys: dropped.
  package var srtpFailures: UInt64 = 0
  /// No valid RTP: dropped.
  package var malformed: UInt64 = 0
  /// Voice of legs that nobody hears: dropped.
  package var gated: UInt64 = 0
  /// Packets of call legs that supervisors missed because the worker was late.
  package var shed: UInt64 = 0
  /// Packets whose numbers are far from those before, once: strays, or a source that starts anew. Dropped.
  package var jumped: UInt64 = 0
  /// Packets of a source that came after their place had been taken.
  package var overtaken: UInt64 = 0
  /// Packets that the kernel didn't take.
  package var sendErrors: UInt64 = 0
  package var receiveErrors: UInt64 = 0
  /// Blocks that the worker sent by itself.
  package var blocks: UInt64 = 0
  /// Blocks of a mix that were encoded, and those passed on untouched.
  package var encoded: UInt64 = 0
  package var passed: UInt64 = 0
  /// Blocks in which a source that was sending was missing.
  package var concealed: UInt64 = 0
  /// Readings of a leg's quality that were worth a word.
  package var readings: UInt64 = 0

  package init() {}

  package static func + (a: MediaCounters, b: MediaCounters) -> MediaCounters {
    var sum = a
    sum.calls += b.calls
    sum.legs += b.legs
    sum.sockets += b.sockets
    sum.timers += b.timers
    sum.packetsReceived += b.packetsReceived
    sum.packetsSent += b.packetsSent
    sum.strangers += b.strangers
    sum.browserLegs += b.browserLegs
    sum.stunStrangers += b.stunStrangers
    sum.stunRefusals += b.stunRefusals
    sum.dtlsFailures += b.dtlsFailures
    sum.srtpFailures += b.srtpFailures
    sum.malformed += b.malformed
    sum.gated += b.gated
    sum.shed += b.shed
    sum.jumped += b.jumped
    sum.overtaken += b.overtaken
    sum.sendErrors += b.sendErrors
    sum.receiveErrors += b.receiveErrors
    sum.blocks += b.blocks
    sum.encoded += b.encoded
    sum.passed += b.passed
    sum.concealed += b.concealed
    sum.readings += b.readings
    return sum
  }
}
