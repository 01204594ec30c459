import Supervision
import Testing

@testable import Signalling

@Suite("RFC 4475: the torture messages", .timeLimit(.minutes(1))) struct TortureTests {
  @Test("X4 RFC 4475 each message gets its own answer and leaves nothing", arguments: TortureMessage.all)
  func answers(_ message: TortureMessage) async throws {
    let bytes = try message.overUDP()
    try await expect(message.trunk, to: bytes, from: "127.0.0.2")
    try await expect(message.stranger, to: bytes, from: "127.0.0.9")
    if let user = message.user {
      try await expect(user.answer, to: bytes, from: "127.0.0.9", as: user.name)
    }
    if try message.claimsAnotherTransport() {
      // The Via would have the answer go by another road than the one that the request came by: not ours to guess.
      try await expect(.silence, to: try message.bytes(), from: "127.0.0.2")
    }
  }

  @Test("X4 RFC 4475 all 49 messages are here, each once")
  func complete() throws {
    #expect(TortureMessage.all.count == 49)
    #expect(Set(TortureMessage.all.map(\.name)).count == 49)
    #expect(Set(TortureMessage.all.map(\.section)).count == 49)
    #expect(Set(try TortureMessage.all.map { try $0.bytes() }).count == 49)
  }

  /// The users of the RFC's examples, and one whose name begins as that of another with a null in it.
  private static let users = ["user", "j.user", "watson", "null-"]

  /// Sends `bytes` to a plane of its own and judges all that comes of it.
  private func expect(
    _ expected: TortureMessage.Answer, to bytes: [UInt8], from address: String, as user: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    var settings = try PlaneFixture.settings()
    settings.accounts = Self.users.map {
      .init(user: UserID($0), tenant: tenant, password: "secret of \($0)")
    }
    let fixture = try await PlaneFixture(settings)
    let peer = try RawPeer(address: address, target: fixture.port)
    peer.send(try user.map { try proved(bytes, by: $0, peer) } ?? bytes)
    var answers: [String] = []
    if case .call(let called, let caller) = expected {
      let invite = await fixture.incoming()
      #expect(invite.requestUser == called, sourceLocation: sourceLocation)
      #expect(invite.caller.user == caller, sourceLocation: sourceLocation)
      #expect(invite.sdp?.hasPrefix("v=0") == true, sourceLocation: sourceLocation)
      fixture.plane.perform(.reject(invite.leg, SIPFailure(486, "Busy Here")))
      let refused = try #require(peer.receive("SIP/2.0 486"), sourceLocation: sourceLocation)
      peer.send(acknowledgement(of: refused))
    } else {
      // One thread handles what comes in the order in which it comes: what isn't answered before this never is.
      peer.send(peer.request("OPTIONS", call: "next"))
      while true {
        let answer = try #require(peer.receive("SIP/2.0"), sourceLocation: sourceLocation)
        if RawPeer.header("Call-ID", of: answer) == "next@raw" {
          #expect(answer.hasPrefix("SIP/2.0 200"), sourceLocation: sourceLocation)
          break
        }
        if !answer.hasPrefix("SIP/2.0 1") { answers.append(answer) }
      }
      #expect(fixture.events.isEmpty, sourceLocation: sourceLocation)
    }
    switch expected {
    case .call, .silence: #expect(answers == [], sourceLocation: sourceLocation)
    case .status(let status, let line):
      #expect(answers.count == 1, sourceLocation: sourceLocation)
      let answer = try #require(answers.first, sourceLocation: sourceLocation)
      #expect(answer.hasPrefix("SIP/2.0 \(status) "), "\(answer)", sourceLocation: sourceLocation)
      if let line { #expect(answer.contains("\r\n\(line)"), "\(answer)", sourceLocation: sourceLocation) }
      if answer.contains(" INVITE\r\n") { peer.send(acknowledgement(of: answer)) }
    }
    // It answers as before, and nothing is held.
    peer.send(peer.request("OPTIONS", call: "last"))
    let last = try #require(peer.receive("SIP/2.0 200"), sourceLocation: sourceLocation)
    #expect(RawPeer.header("Call-ID", of: last) == "last@raw", sourceLocation: sourceLocation)
    await fixture.expectNoLegLeft()
    let registrations = user != nil && answers.contains { $0.hasPrefix("SIP/2.0 200") } ? 1 : 0
    #expect(await fixture.plane.counters.registrations == registrations, sourceLocation: sourceLocation)
    await fixture.close()
  }

  /// The REGISTER with the credentials of `user`, for a nonce that he was given before.
  private func proved(_ bytes: [UInt8], by user: String, _ peer: RawPeer) throws -> [UInt8] {
    peer.send(peer.request("REGISTER", uri: "sip:\(user)@example.com", from: user, call: "first"))
    let challenge = try #require(peer.receive("SIP/2.0 401"))
    let header = try peer.credentials(
      for: challenge, of: SIPCredentials(user: user, password: "secret of \(user)"), method: "REGISTER",
      uri: "sip:example.com")
    let line = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
    return Array(bytes[...line]) + Array("\(header)\r\n".utf8) + Array(bytes[(line + 1)...])
  }

  /// RFC 3261 section 17.1.1.3.
  private func acknowledgement(of answer: String) -> String {
    let headers = ["Via", "From", "To", "Call-ID"].map { "\($0): \(RawPeer.header($0, of: answer) ?? "")" }
    let number = RawPeer.header("CSeq", of: answer)?.split(separator: " ").first ?? "1"
    let lines = ["ACK sip:user@example.com SIP/2.0"] + headers + ["CSeq: \(number) ACK", "Content-Length: 0"]
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }
}
