import Supervision
import Testing

@testable import Signalling

/// A call between a plane and a `RawPeer` of the trunk `carrier`, message by message.
final class RawCall: Sendable {
  let peer: RawPeer
  let fixture: PlaneFixture
  let leg: LegID
  /// Our tag, as the peer knows it.
  let tag: String
  let acceptance: String

  private init(peer: RawPeer, fixture: PlaneFixture, leg: LegID, tag: String, acceptance: String) {
    self.peer = peer
    self.fixture = fixture
    self.leg = leg
    self.tag = tag
    self.acceptance = acceptance
  }

  /// The peer calls and is answered.
  static func calledIn(
    _ fixture: PlaneFixture, headers: [String] = [], allow: String = "INVITE, ACK, BYE, CANCEL, UPDATE",
    body: String = offer
  ) async throws -> RawCall {
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let lines = ["Max-Forwards: 70", "Allow: \(allow)"] + headers
    peer.send(peer.request("INVITE", headers: lines, body: body))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.answer(leg, sdp: answer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    let tag = try #require(RawPeer.tag(of: accepted))
    peer.send(peer.request("ACK", toTag: tag))
    _ = await fixture.event { $0 == .acknowledged(leg) }
    return RawCall(peer: peer, fixture: fixture, leg: leg, tag: tag, acceptance: accepted)
  }

  /// A request of the peer within the call.
  func send(_ method: String, sequence: Int, headers: [String] = [], body: String = "") {
    peer.send(
      peer.request(
        method, sequence: sequence, toTag: tag, headers: ["Max-Forwards: 70"] + headers, body: body))
  }

  /// The final answer to the request of that number.
  func finalAnswer(to sequence: Int) throws -> String {
    while true {
      let message = try #require(peer.receive("SIP/2.0 "))
      let number = RawPeer.header("CSeq", of: message)?.prefix { $0.isNumber }
      if number == "\(sequence)", !message.hasPrefix("SIP/2.0 1") { return message }
    }
  }

  func lost() async {
    _ = await fixture.event { [leg] in if case .lost(leg, _) = $0 { true } else { false } }
  }
}

extension PlaneFixture {
  /// Calls a raw peer on leg 2. Gives its INVITE.
  func dial(_ peer: RawPeer) throws -> String {
    plane.perform(
      .dial(
        LegID(2), .uri("sip:raw@127.0.0.2:\(peer.port)"), sdp: offer,
        caller: CallerIdentity(user: "anna", name: ""), options: DialOptions()))
    return try #require(peer.receive("INVITE"))
  }
}
