import Testing

@testable import Signalling

@Suite("SIPStack", .timeLimit(.minutes(1))) struct SIPStackTests {
  @Test("S4 one stack calls another: ringing, answer, re-INVITE, BYE, and nothing is left")
  func call() async throws {
    let alice = Wire()
    let bob = Wire()
    _ = try await alice.open()
    let port = try await bob.open()
    #expect(port > 0)

    let out = await alice.stack.invite(
      OutgoingInvite(
        uri: "sip:*31bob@127.0.0.1:\(port)", fromUser: "alice", fromName: "Alice \"A\"", sdp: offer,
        headers: ["X-Earshot-Queue: sales"]))
    let invite = await bob.request(.invite)
    #expect(invite.message.requestUser == "*31bob")
    #expect(invite.message.from.user == "alice")
    #expect(invite.message.from.name == "Alice \"A\"")
    #expect(invite.message.otherHeaders["x-earshot-queue"] == "sales")
    #expect(invite.message.sdp == offer)
    #expect(invite.message.sourceAddress == "127.0.0.1")
    let alicePort = await alice.stack.port
    #expect(invite.message.sourcePort == alicePort)
    await bob.stack.respond(invite.dialog, status: 180, phrase: "Ringing")
    #expect(await alice.response(.invite, out, atLeast: 180).status == 180)
    await bob.stack.respond(invite.dialog, status: 200, phrase: "OK", sdp: answer)
    let answered = await alice.response(.invite, out)
    #expect(answered.status == 200)
    #expect(answered.message?.sdp == answer)
    _ = await bob.request(.ack)

    await bob.stack.reinvite(invite.dialog, sdp: answer)
    let reinvite = await alice.request(.invite)
    #expect(reinvite.isInDialog)
    #expect(reinvite.dialog == out)
    await alice.stack.respond(out, status: 200, phrase: "OK", sdp: offer)
    #expect(await bob.response(.invite, invite.dialog).message?.sdp == offer)
    _ = await alice.request(.ack)

    await alice.stack.bye(out, headers: ["Reason: Q.850;cause=16;text=\"Normal call clearing\""])
    let bye = await bob.request(.bye)
    #expect(bye.message.reason?.cause == 16)
    #expect(bye.message.reason?.text == "Normal call clearing")
    await alice.terminated(out)
    await bob.terminated(invite.dialog)
    await alice.stack.release(out)
    await bob.stack.release(invite.dialog)
    #expect(await alice.stack.liveDialogs == 0)
    #expect(await bob.stack.liveDialogs == 0)
    await alice.stack.stop()
    await bob.stack.stop()
  }

  @Test("S4 a port in use is a clear error that names it")
  func portInUse() async throws {
    let first = Wire()
    let port = try await first.open()
    let second = SIPStack(SIPStackSettings(port: port))
    let error = await #expect(throws: SIPStackError.self) { try await second.open { _, _ in } }
    #expect(error == .bind(address: "127.0.0.1", port: port, cause: "Address already in use"))
    #expect(error?.description.contains("127.0.0.1:\(port)") == true)
    await first.stack.stop()
    // A stack that has failed or stopped answers still, and does nothing.
    #expect(await second.liveDialogs == 0)
    #expect(await first.stack.liveDialogs == 0)
  }

  @Test("S4 a stack stops with a call up: the peer gets a BYE")
  func stopWithCall() async throws {
    let alice = Wire()
    let bob = Wire()
    _ = try await alice.open()
    let port = try await bob.open()
    bob.onEvent { stack, event in
      if case .request(let request) = event, request.method == .invite {
        stack.respond(request.dialog, status: 200, phrase: "OK", sdp: answer)
      }
    }
    let out = await alice.stack.invite(
      OutgoingInvite(uri: "sip:bob@127.0.0.1:\(port)", fromUser: "alice", sdp: offer))
    _ = await alice.response(.invite, out)
    await alice.stack.stop()
    _ = await bob.request(.bye)
    await bob.stack.stop()
  }
}
