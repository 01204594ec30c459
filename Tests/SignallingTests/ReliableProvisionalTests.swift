import Supervision
import Testing

@testable import Signalling

@Suite("Reliable provisional answers", .timeLimit(.minutes(1))) struct ReliableProvisionalTests {
  private let reliable = ["Max-Forwards: 70", "Supported: 100rel"]

  /// The number that a PRACK names.
  private func rack(of message: String) throws -> String {
    "RAck: \(try #require(RawPeer.header("RSeq", of: message))) 1 INVITE"
  }

  private func final(_ method: String, from peer: RawPeer) throws -> String {
    while true {
      let message = try #require(peer.receive("SIP/2.0 "))
      let isFinal = !message.hasPrefix("SIP/2.0 1")
      if isFinal, RawPeer.header("CSeq", of: message)?.hasSuffix(method) == true { return message }
    }
  }

  @Test("S1 an early description goes reliably to whoever can have it so; the answer waits for his PRACK")
  func early() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: reliable, body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 180, sdp: nil))
    let ringing = try #require(peer.receive("SIP/2.0 180"))
    #expect(RawPeer.header("RSeq", of: ringing) == nil)
    fixture.plane.perform(.progress(leg, status: 183, sdp: answer))
    let early = try #require(peer.receive("SIP/2.0 183"))
    #expect(RawPeer.header("Require", of: early) == "100rel")
    #expect(RawPeer.body(of: early) == answer)
    // Until he confirms it, it comes again.
    #expect(peer.receive("SIP/2.0 183") == early)
    fixture.plane.perform(.answer(leg, sdp: answer))
    let tag = try #require(RawPeer.tag(of: early))
    peer.send(peer.request("PRACK", sequence: 2, toTag: tag, headers: [try rack(of: early)]))
    #expect(try final("PRACK", from: peer).hasPrefix("SIP/2.0 200"))
    #expect(try final("INVITE", from: peer).hasPrefix("SIP/2.0 200"))
    peer.send(peer.request("ACK", toTag: tag))
    _ = await fixture.event { $0 == .acknowledged(leg) }
    await fixture.close()
  }

  @Test("S1 whoever requires it gets each provisional answer reliably")
  func required() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70", "Require: 100rel"], body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 180, sdp: nil))
    let ringing = try #require(peer.receive("SIP/2.0 180"))
    let tag = try #require(RawPeer.tag(of: ringing))
    // A PRACK of something else confirms nothing.
    peer.send(peer.request("PRACK", sequence: 2, toTag: tag, headers: ["RAck: 7 1 INVITE"]))
    #expect(try final("PRACK", from: peer).hasPrefix("SIP/2.0 481"))
    peer.send(peer.request("PRACK", sequence: 3, toTag: tag, headers: [try rack(of: ringing)]))
    #expect(try final("PRACK", from: peer).hasPrefix("SIP/2.0 200"))
    fixture.plane.perform(.reject(leg, SIPFailure(486, "Busy Here")))
    #expect(try final("INVITE", from: peer).hasPrefix("SIP/2.0 486"))
    peer.send(peer.request("ACK", toTag: tag))
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 what we can't do is refused (420)")
  func unknownExtension() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(
      peer.request("INVITE", headers: ["Max-Forwards: 70", "Require: timer, frobnication"], body: offer))
    let refused = try #require(peer.receive("SIP/2.0 420"))
    #expect(RawPeer.header("Unsupported", of: refused) == "frobnication")
    #expect(fixture.events.isEmpty)
    await fixture.close()
  }

  @Test("S1 a caller without an offer who wants all reliably hears nothing before our offer in the 200")
  func silent() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70", "Require: 100rel"]))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 180, sdp: nil))
    fixture.plane.perform(.answer(leg, sdp: offer))
    var message = try #require(peer.receive("SIP/2.0 "))
    while message.hasPrefix("SIP/2.0 100") { message = try #require(peer.receive("SIP/2.0 ")) }
    #expect(message.hasPrefix("SIP/2.0 200"))
    peer.send(peer.request("ACK", toTag: RawPeer.tag(of: message), body: answer))
    _ = await fixture.event { $0 == .answeredOffer(leg, sdp: answer, source: "127.0.0.2") }
    await fixture.close()
  }

  @Test("S1 an offer in a PRACK is an offer like any other: taken and answered, or refused")
  func offerInPRACK() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: reliable, body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.progress(leg, status: 183, sdp: answer))
    let early = try #require(peer.receive("SIP/2.0 183"))
    let tag = try #require(RawPeer.tag(of: early))
    let moved = offer.replacing("4000", with: "4002")
    peer.send(
      peer.request("PRACK", sequence: 2, toTag: tag, headers: [try rack(of: early)], body: moved))
    _ = await fixture.event { $0 == .offered(leg, sdp: moved) }
    fixture.plane.perform(.answerOffer(leg, sdp: answer))
    let confirmed = try final("PRACK", from: peer)
    #expect(confirmed.hasPrefix("SIP/2.0 200") && RawPeer.body(of: confirmed) == answer)
    fixture.plane.perform(.progress(leg, status: 183, sdp: answer))
    let second = try #require(peer.receive("SIP/2.0 183"))
    peer.send(
      peer.request("PRACK", sequence: 3, toTag: tag, headers: [try rack(of: second)], body: offer))
    _ = await fixture.event { $0 == .offered(leg, sdp: offer) }
    fixture.plane.perform(.rejectOffer(leg, .noCommonCodec))
    #expect(try final("PRACK", from: peer).hasPrefix("SIP/2.0 488"))
    await fixture.close()
  }

  @Test("S1 a called side's reliable answers are confirmed, once each; its 200 needs no second description")
  func confirmed() async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let invite = try fixture.dial(peer)
    #expect(RawPeer.header("Supported", of: invite)?.contains("100rel") == true)
    let number = try #require(RawPeer.header("CSeq", of: invite)?.split(separator: " ").first)
    peer.answer(invite, "100 Trying")
    let road = "Record-Route: <sip:127.0.0.2:\(peer.port);lr;hop=2>, <sip:127.0.0.2:\(peer.port);lr;hop=1>"
    peer.answer(
      invite, "183 Session Progress", headers: ["Require: 100rel", "RSeq: 17", road], body: answer)
    let first = try #require(peer.receive("PRACK"))
    #expect(first.hasPrefix("PRACK sip:raw@127.0.0.2:\(peer.port) "))
    let route = first.split(separator: "\r\n").filter { $0.hasPrefix("Route:") }.joined()
    let hops = route.split(separator: "hop=").dropFirst().compactMap(\.first)
    #expect(hops == ["1", "2"])
    #expect(RawPeer.header("RAck", of: first) == "17 \(number) INVITE")
    peer.answer(first, "200 OK")
    peer.answer(invite, "180 Ringing", headers: ["Require: 100rel", "RSeq: 18"])
    var second = try #require(peer.receive("PRACK"))
    while second == first { second = try #require(peer.receive("PRACK")) }
    #expect(RawPeer.header("RAck", of: second) == "18 \(number) INVITE")
    peer.answer(second, "200 OK")
    peer.answer(invite, "200 OK")
    _ = await fixture.event { $0 == .answered(LegID(2), sdp: nil, source: "127.0.0.2") }
    #expect(
      fixture.events.contains(.progress(LegID(2), status: 183, sdp: answer, source: "127.0.0.2")))
    _ = try #require(peer.receive("ACK"))
    fixture.plane.perform(.end(LegID(2), .normal))
    peer.answer(try #require(peer.receive("BYE")), "200 OK")
    await fixture.expectNoLegLeft()
    await fixture.close()
  }
}
