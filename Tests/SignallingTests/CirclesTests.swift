import Supervision
import Testing

@testable import Signalling

@Suite("Requests that go in circles or astray", .timeLimit(.minutes(1))) struct CirclesTests {
  @Test("X4 an INVITE whose Max-Forwards is used up gets 483, from a trunk and from a stranger alike")
  func maxForwards() async throws {
    let fixture = try await PlaneFixture()
    for address in ["127.0.0.2", "127.0.0.9"] {
      let peer = try RawPeer(address: address, target: fixture.port)
      peer.send(peer.request("INVITE", call: address, headers: ["Max-Forwards: 0"], body: offer))
      #expect(peer.receive("SIP/2.0 483") != nil)
    }
    #expect(fixture.events.isEmpty)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test(
    "X4 an INVITE that bears our own Via has come back: 482, a line for the operator, no call",
    arguments: [true, false])
  func ownVia(isFirst: Bool) async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let own = "Via: SIP/2.0/UDP 127.0.0.1:\(fixture.port);branch=z9hG4bKours"
    let request = peer.request("INVITE", headers: ["Max-Forwards: 69"], body: offer)
    let lines = request.components(separatedBy: "\r\n")
    let both = isFirst ? [lines[0], own] + lines[2...] : [lines[0], lines[1], own] + lines[2...]
    peer.send(both.joined(separator: "\r\n"))
    let refused = try #require(peer.receive("SIP/2.0 4"))
    #expect(refused.hasPrefix("SIP/2.0 482 Loop Detected"))
    #expect(fixture.lines.contains { $0.contains("a call to '1001' has come back through 127.0.0.2") })
    #expect(fixture.events.isEmpty)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("X4 a proxy's Via that has our host but another port is no loop")
  func neighbour() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let other = "Via: SIP/2.0/UDP 127.0.0.1:\(peer.port);branch=z9hG4bKother"
    peer.send(peer.request("INVITE", headers: [other, "Max-Forwards: 69"], body: offer))
    fixture.plane.perform(.reject(await fixture.incoming().leg, SIPFailure(486, "Busy Here")))
    #expect(peer.receive("SIP/2.0 486") != nil)
    await fixture.close()
  }

  @Test("X4 a next hop that is ourselves ends with the first round", .timeLimit(.minutes(1)))
  func selfCall() async throws {
    let fixture = try await PlaneFixture()
    fixture.plane.perform(
      .dial(
        LegID(2), .uri("sip:1001@127.0.0.1:\(fixture.port)"), sdp: offer,
        caller: CallerIdentity(user: "anna", name: ""), options: DialOptions()))
    #expect(await fixture.failed(LegID(2)) == SIPFailure(482, "Loop Detected"))
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test(
    "X4 a Contact's headers are shown to its owner but never chosen for the road of a call",
    arguments: ["?Route=%3Csip:127.0.0.3:9%3Blr%3E&Subject=sale", "?Route=sip:x@127.0.0.3:9"])
  func contactHeaders(headers: String) async throws {
    var settings = try PlaneFixture.settings()
    settings.farewell = 100
    let fixture = try await PlaneFixture(settings)
    let phone = try RawPeer(target: fixture.port)
    let contact = "Contact: <sip:bob@127.0.0.1:\(phone.port)\(headers)>"
    phone.send(phone.request("REGISTER", uri: "sip:bob@earshot", from: "bob"))
    let challenge = try #require(phone.receive("SIP/2.0 401"))
    let credentials = try phone.credentials(for: challenge, of: bob, method: "REGISTER", uri: "sip:earshot")
    let register = phone.request(
      "REGISTER", uri: "sip:bob@earshot", from: "bob", sequence: 2, headers: [credentials])
    phone.send(
      register.components(separatedBy: "\r\n").map { $0.hasPrefix("Contact:") ? contact : $0 }
        .joined(separator: "\r\n"))
    let accepted = try #require(phone.receive("SIP/2.0 200"))
    #expect(accepted.contains(headers))
    fixture.dialBob()
    let invite = try #require(phone.receive("INVITE"))
    #expect(invite.hasPrefix("INVITE sip:bob@127.0.0.1:\(phone.port) SIP/2.0\r\n"))
    for trace in ["Route", "Subject", "127.0.0.3"] { #expect(!invite.contains(trace), "\(invite)") }
    fixture.plane.perform(.end(LegID(2), .normal))
    await fixture.close()
  }

  @Test("X4 a broken request is answered where it came from, wherever its Via points")
  func answersGoBack() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.9", target: fixture.port)
    let victim = try RawPeer(address: "127.0.0.3", target: fixture.port)
    for (call, end) in [("version", "SIP/3.0"), ("maddr", "SIP/2.0")] {
      let via = "127.0.0.3:\(victim.port);maddr=127.0.0.3;branch"
      peer.send(
        peer.request("OPTIONS", call: call).replacing(" SIP/2.0\r\n", with: " \(end)\r\n")
          .replacing("127.0.0.9:\(peer.port);branch", with: via))
      let answer = try #require(peer.receive("SIP/2.0"))
      #expect(answer.hasPrefix(call == "version" ? "SIP/2.0 505" : "SIP/2.0 200"))
    }
    // Had anything gone to the other, it would be there before this.
    victim.send(victim.request("OPTIONS", call: "victim"))
    let first = try #require(victim.receive("SIP/2.0"))
    #expect(RawPeer.header("Call-ID", of: first) == "victim@raw")
    await fixture.close()
  }
}
