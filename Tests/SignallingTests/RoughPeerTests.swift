import Supervision
import Testing

@testable import Signalling

@Suite("Peers that misbehave", .timeLimit(.minutes(1))) struct RoughPeerTests {
  private func trunkFixture(transactionTimeout: Int = 32_000, keepAlive: Int = 60) async throws
    -> PlaneFixture
  {
    var settings = try PlaneFixture.settings()
    settings.transactionTimeout = transactionTimeout
    settings.keepAlive = keepAlive
    return try await PlaneFixture(settings)
  }

  @Test("S4 a request that has gone in circles gets 483")
  func maxForwards() async throws {
    let fixture = try await trunkFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 0"], body: offer))
    #expect(peer.receive("SIP/2.0 483") != nil)
    #expect(fixture.events.isEmpty)
    await fixture.close()
  }

  @Test("S4 an INVITE without an offer comes without one; a body that is no description gets 415")
  func bodies() async throws {
    let fixture = try await trunkFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", call: "none", headers: ["Max-Forwards: 70"]))
    #expect(await fixture.incoming().sdp == nil)
    let text = peer.request("INVITE", call: "text", body: "hello").replacing(
      "application/sdp", with: "text/plain")
    peer.send(text)
    let refused = try #require(peer.receive("SIP/2.0 415"))
    #expect(RawPeer.header("Accept", of: refused) == "application/sdp")
    await fixture.close()
  }

  @Test("X4 numbers beyond 64 bits are taken for the greatest, of strangers too")
  func numbers() async throws {
    let fixture = try await trunkFixture()
    let peer = try RawPeer(address: "127.0.0.9", target: fixture.port)
    let most = ["9223372036854775808", "18446744073709551615", String(repeating: "9", count: 90)]
    for (index, number) in most.enumerated() {
      for name in ["Expires", "Min-Expires", "Max-Forwards"] {
        let call = "\(name)\(index)"
        peer.send(peer.request("OPTIONS", call: call, headers: ["\(name): \(number)"]))
        let answer = try #require(peer.receive("SIP/2.0"), "\(name): \(number)")
        #expect(RawPeer.header("Call-ID", of: answer) == "\(call)@raw")
      }
    }
    await fixture.close()
  }

  @Test("X4 garbage of every kind neither stops the plane nor makes a call")
  func garbage() async throws {
    let fixture = try await trunkFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let good = peer.request("INVITE", call: "cut", headers: ["Max-Forwards: 70"], body: offer)
    var generator = SystemRandomNumberGenerator()
    for length in stride(from: 0, to: good.utf8.count - offer.utf8.count - 40, by: 7) {
      peer.send(Array(good.utf8.prefix(length)))
    }
    for _ in 0..<300 {
      peer.send(
        (0..<Int.random(in: 1...400, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        })
    }
    peer.send(peer.request("INVITE", call: "cseq").replacing("CSeq: 1 INVITE", with: "CSeq: 99999999999 BYE"))
    peer.send(
      peer.request("INVITE", call: "length").replacing("Content-Length: 0", with: "Content-Length: 4000"))
    peer.send(peer.request("BYE", call: "nodialog", toTag: "x"))
    peer.send(peer.request("FROBNICATE", call: "unknown"))
    peer.send(
      peer.request("INVITE", uri: "sip:" + String(repeating: "9", count: 60_000) + "@x", call: "long"))
    // After all of it the plane answers as ever.
    peer.send(peer.request("OPTIONS", call: "alive"))
    let answer = try #require(peer.receive("SIP/2.0 200"))
    #expect(RawPeer.header("Call-ID", of: answer) == "alive@raw")
    await fixture.close()
  }

  @Test("S4 unknown methods get 405 or 501, a BYE outside a dialog 481")
  func methods() async throws {
    let fixture = try await trunkFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    for (method, status) in [("FROBNICATE", "501"), ("SUBSCRIBE", "489"), ("MESSAGE", "405"), ("BYE", "481")]
    {
      peer.send(peer.request(method, call: method, toTag: method == "BYE" ? "x" : nil))
      let answer = try #require(peer.receive("SIP/2.0 "))
      #expect(answer.hasPrefix("SIP/2.0 \(status)"), "\(method)")
    }
    await fixture.close()
  }

  @Test("S3 a caller who never acknowledges our answer is lost")
  func noAck() async throws {
    let fixture = try await trunkFixture(transactionTimeout: 1_000)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.answer(leg, sdp: answer))
    #expect(peer.receive("SIP/2.0 200") != nil)
    _ = await fixture.event { if case .lost(leg, _) = $0 { true } else { false } }
    #expect(await fixture.plane.counters.lost == 1)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S3 a peer that vanishes from an answered call is lost at the next check", arguments: [true, false])
  func vanished(answersWith481: Bool) async throws {
    let fixture = try await trunkFixture(transactionTimeout: 1_000, keepAlive: 1)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.answer(leg, sdp: answer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    let tag = try #require(RawPeer.header("To", of: accepted)?.split(separator: "tag=").last)
    peer.send(peer.request("ACK", toTag: String(tag)))
    _ = await fixture.event { $0 == .acknowledged(leg) }
    let check = try #require(peer.receive("OPTIONS"))
    if answersWith481 {
      let headers = ["Via", "From", "To", "Call-ID", "CSeq"].map {
        "\($0): \(RawPeer.header($0, of: check) ?? "")"
      }
      peer.send(
        (["SIP/2.0 481 Gone"] + headers + ["Content-Length: 0"]).joined(separator: "\r\n") + "\r\n\r\n")
    }
    _ = await fixture.event { if case .lost(leg, _) = $0 { true } else { false } }
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S1 a peer that doesn't confirm a hang-up keeps nobody waiting")
  func deafToBye() async throws {
    var settings = try PlaneFixture.settings()
    settings.farewell = 100
    settings.transactionTimeout = 1_000
    let fixture = try await PlaneFixture(settings)
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    peer.send(peer.request("INVITE", headers: ["Max-Forwards: 70"], body: offer))
    let leg = await fixture.incoming().leg
    fixture.plane.perform(.answer(leg, sdp: answer))
    let accepted = try #require(peer.receive("SIP/2.0 200"))
    let tag = try #require(RawPeer.header("To", of: accepted)?.split(separator: "tag=").last)
    // No BYE may go before the ACK.
    fixture.plane.perform(.end(leg, .normal))
    #expect(await fixture.ended(leg) == .normal)
    peer.send(peer.request("ACK", toTag: String(tag)))
    #expect(peer.receive("BYE") != nil)
    await fixture.expectNoLegLeft()
    #expect(fixture.events.count { if case .ended = $0 { true } else { false } } == 1)
    await fixture.close()
  }

  @Test("S4 a next hop where nobody listens fails, and so does one that never answers")
  func deadNextHop() async throws {
    let fixture = try await trunkFixture(transactionTimeout: 1_000)
    let silent = try RawPeer(address: "127.0.0.2", target: fixture.port)
    let caller = CallerIdentity(user: "anna", name: "")
    for (leg, port) in [(LegID(2), silent.port), (LegID(4), 9)] {
      fixture.plane.perform(
        .dial(leg, .uri("sip:x@127.0.0.2:\(port)"), sdp: offer, caller: caller, options: DialOptions()))
      let failure = await fixture.failed(leg)
      #expect(failure.status == 408 || failure.status == 503)
    }
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test("S4 a captured digest can't be used again")
  func replay() async throws {
    let fixture = try await trunkFixture()
    let phone = try RawPeer(target: fixture.port)
    phone.send(phone.request("REGISTER", uri: "sip:bob@earshot", from: "bob"))
    let challenge = try #require(phone.receive("SIP/2.0 401"))
    let credentials = try phone.credentials(for: challenge, of: bob, method: "REGISTER", uri: "sip:earshot")
    phone.send(
      phone.request("REGISTER", uri: "sip:bob@earshot", from: "bob", sequence: 2, headers: [credentials]))
    #expect(phone.receive("SIP/2.0 200") != nil)
    phone.send(
      phone.request(
        "REGISTER", uri: "sip:bob@earshot", from: "bob", call: "2", sequence: 3, headers: [credentials]))
    let refused = try #require(phone.receive("SIP/2.0 4"))
    #expect(refused.contains("stale=true"))
    await fixture.close()
  }
}
