import RTP
import Supervision
import Testing

@testable import Media

@Suite("Sessions that are refreshed") struct RefreshTests {
  private let offer = """
    v=0\r
    o=- 1 1 IN IP4 192.0.2.9\r
    s=-\r
    c=IN IP4 192.0.2.9\r
    t=0 0\r
    m=audio 5000 RTP/AVP 0 101\r
    a=rtpmap:101 telephone-event/8000\r

    """

  @Test(
    "S1 what we answered may be said again as an offer: the answer to it is taken, and nobody's numbers change"
  )
  func again() throws {
    let codecs = [AudioFormat.pcma, .pcmu]
    var negotiator = SDPNegotiator(
      address: "192.0.2.1", port: 4000, leg: LegID(1), ptime: 20, codecs: codecs)
    #expect(throws: NegotiationFailure.self) { try negotiator.conclude(answer: offer) }
    negotiator.accept(try SDPNegotiator.read(offer: offer, codecs: codecs, isBrowser: false))
    let (_, agreed) = try negotiator.makeAnswer(like: nil)
    #expect(try negotiator.conclude(answer: offer) == agreed)
    var moved = agreed
    moved.remotePort = 5002
    moved.remoteRTCPPort = 5003
    #expect(try negotiator.conclude(answer: offer.replacing("5000", with: "5002")) == moved)
  }

  @Test(
    "I1 sound goes to addresses of our own IP version, and to both from all addresses of IPv6",
    arguments: [
      ("192.0.2.1", "192.0.2.9", true), ("192.0.2.1", "2001:db8::9", false), ("0.0.0.0", "::1", false),
      ("2001:db8::1", "2001:db8::9", true), ("2001:db8::1", "192.0.2.9", false), ("::", "192.0.2.9", true),
      ("::", "2001:db8::9", true), ("::", "nowhere", false),
    ])
  func reach(bound: String, peer: String, isReached: Bool) {
    let settings = MediaSettings(bindAddress: bound, advertisedAddress: bound, workers: 1)
    #expect(settings.reaches(peer) == isReached)
  }
}
