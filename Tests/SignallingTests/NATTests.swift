import Supervision
import Testing

@testable import Signalling

@Suite("Peers behind NAT", .timeLimit(.minutes(1))) struct NATTests {
  /// Where nobody answers: what a router hides.
  private let inside = "192.0.2.77:5999"

  @Test(
    "S4 answers go where the request came from, and its Via says so (RFC 3581)", arguments: [";rport", ""])
  func via(rport: String) async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let request = peer.request("OPTIONS").replacing(
      "127.0.0.2:\(peer.port);branch=z9hG4bK1-1-OPTIONS;rport", with: "\(inside);branch=z9hG4bKx\(rport)")
    peer.send(request)
    let answer = try #require(peer.receive("SIP/2.0 200"))
    let via = try #require(RawPeer.header("Via", of: answer))
    #expect(via.contains(inside) && via.contains("received=127.0.0.2") && via.contains("rport=\(peer.port)"))
    await fixture.close()
  }

  @Test("S4 our requests ask for rport, and our INVITE's answer is taken from wherever it comes")
  func ours() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    #expect(RawPeer.header("Via", of: invite)?.contains(";rport") == true)
    peer.answer(invite, "486 Busy Here")
    #expect(await fixture.failed(LegID(2)).status == 486)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S4 a phone whose Contact lies behind a router is hung up on where its INVITE came from")
  func inDialog() async throws {
    let fixture = try await PlaneFixture()
    let phone = try RawPeer(target: fixture.port)
    let uri = "sip:1001@127.0.0.1"
    phone.send(phone.request("INVITE", from: "bob", body: offer))
    let challenge = try #require(phone.receive("SIP/2.0 401"))
    phone.send(phone.request("ACK", from: "bob", toTag: RawPeer.tag(of: challenge)))
    let proof = try phone.credentials(for: challenge, of: bob, method: "INVITE", uri: uri)
    let contact = "Contact: <sip:bob@127.0.0.1:\(phone.port)>"
    phone.send(
      phone.request("INVITE", from: "bob", sequence: 2, headers: [proof, "Max-Forwards: 70"], body: offer)
        .replacing(contact, with: "Contact: <sip:bob@\(inside)>"))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.answer(leg, sdp: answer))
    let accepted = try #require(phone.receive("SIP/2.0 200"))
    phone.send(phone.request("ACK", from: "bob", sequence: 2, toTag: RawPeer.tag(of: accepted)))
    _ = await fixture.event { $0 == .acknowledged(leg) }
    fixture.plane.perform(.end(leg, .normal))
    let bye = try #require(phone.receive("BYE"))
    #expect(bye.hasPrefix("BYE sip:bob@\(inside) "))
    phone.answer(bye, "200 OK")
    #expect(await fixture.ended(leg) == .normal)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }
}
