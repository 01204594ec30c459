import Supervision
import Testing

@Suite("S1 S4 setting up and ending a call")
struct CallSetupTests {
  @Test("S1 ringing, early, answered, ended: each step as the wire shows it")
  func phases() {
    var driver = CallDriver()
    #expect(driver.call.phase == .connecting)
    driver.send(.progress(CallDriver.agentLeg, status: 180, sdp: nil, source: ""))
    #expect(driver.call.phase == .ringing)
    driver.send(.progress(CallDriver.agentLeg, status: 183, sdp: "early", source: "192.0.2.2"))
    #expect(driver.call.phase == .early)
    #expect(driver.signalling.contains(.progress(CallDriver.customerLeg, status: 183, sdp: "our answer")))
    driver.send(.answered(CallDriver.agentLeg, sdp: "answer", source: "192.0.2.2"))
    #expect(driver.call.phase == .answered)
    #expect(driver.signalling.contains(.answer(CallDriver.customerLeg, sdp: "our answer")))
    #expect(driver.call.matrix.routes.count == 2)
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(driver.call.phase == .ended)
    #expect(driver.signalling.last == .end(CallDriver.agentLeg, .normal))
    #expect(driver.record != nil && driver.open.isEmpty && driver.illegal.isEmpty)
  }

  @Test("S1 an answer right after early media gives the caller one 200 and asks the media plane once")
  func answerOvertakesEarlyMedia() {
    var driver = CallDriver()
    driver.send(.progress(CallDriver.agentLeg, status: 183, sdp: "early", source: ""))
    driver.send(.answered(CallDriver.agentLeg, sdp: "answer", source: ""))
    let asked = driver.media.filter { $0 == .makeAnswer(CallDriver.customerLeg, like: CallDriver.agentLeg) }
    let answers = driver.signalling.filter { if case .answer = $0 { true } else { false } }
    #expect(asked.count == 1 && answers.count == 1)
  }

  @Test(
    "S4 a refusal of the called side reaches the caller with status and phrase",
    arguments: [
      SIPFailure(486, "Busy Here"), SIPFailure(404, "Not Found"), SIPFailure(503, "Gone"),
      SIPFailure(408, "T"),
    ])
  func refusal(_ failure: SIPFailure) {
    var driver = CallDriver()
    driver.send(.failed(CallDriver.agentLeg, failure))
    #expect(driver.signalling.last == .reject(CallDriver.customerLeg, failure))
    #expect(driver.record != nil && driver.open.isEmpty)
  }

  @Test("S4 the caller's CANCEL ends the called leg at once")
  func cancel() {
    var driver = CallDriver()
    driver.send(.progress(CallDriver.agentLeg, status: 180, sdp: nil, source: ""))
    driver.send(.ended(CallDriver.customerLeg, HangupReason(cause: 487, text: "Cancelled")))
    #expect(driver.signalling.last == .end(CallDriver.agentLeg, HangupReason(cause: 487, text: "Cancelled")))
    #expect(driver.record != nil)
  }

  @Test("No common codec: the caller is refused with the media plane's reason and nothing stays")
  func noCodec() {
    var driver = CallDriver()
    driver.send(.failed(CallDriver.agentLeg, .noCommonCodec("G.729 only")))
    #expect(driver.signalling.contains(.refuse(CallDriver.customerLeg, .noCommonCodec)))
    #expect(driver.record != nil && driver.open.isEmpty)
  }

  @Test("Illegal pairs are named and change nothing")
  func illegalPairs() {
    var driver = CallDriver.answered()
    let before = driver.call.snapshot
    let pairs: [(CallInput, IllegalInput)] = [
      (.signalling(.answered(CallDriver.agentLeg, sdp: "again", source: "")), .answeredTwice),
      (.signalling(.progress(CallDriver.agentLeg, status: 180, sdp: nil, source: "")), .progressAfterAnswer),
      (.signalling(.failed(CallDriver.agentLeg, SIPFailure(486, "Busy"))), .failedAfterAnswer),
      (.signalling(.ended(LegID(99), .normal)), .eventForUnknownLeg),
      (.media(.description(CallDriver.agentLeg, sdp: "x")), .descriptionUnasked),
      (.media(.offerAccepted(CallDriver.agentLeg, .inactive)), .offerAcceptedTwice),
      (.media(.answerAccepted(CallDriver.agentLeg, .inactive)), .answerWithoutOffer),
      (.auditWritten(AuditTicket(77)), .ticketUnknown),
      (.auditFailed(AuditTicket(77)), .ticketUnknown),
    ]
    for (input, name) in pairs {
      driver.illegal = []
      driver.feed(input)
      #expect(driver.illegal == [name], "\(input)")
    }
    var after = driver.call.snapshot
    after.revision = before.revision
    #expect(after.phase == before.phase && after.matrix == before.matrix)
    var early = CallDriver()
    early.send(.offered(CallDriver.agentLeg, sdp: "x"))
    #expect(early.illegal == [.reofferBeforeAnswer])
  }

  @Test("S2 hold and unhold from either side: the other side hears the player, and isn't renegotiated")
  func hold() {
    for holder in [CallDriver.customerLeg, CallDriver.agentLeg] {
      var driver = CallDriver.answered()
      driver.signalling = []
      driver.send(.offered(holder, sdp: "sendonly"))
      let holding = driver.call.seatedParticipant(holder)!.id
      let held = driver.call.snapshot.participants.first { $0.id != holding }!.id
      #expect(driver.call.snapshot.heldBy == [holding])
      #expect(driver.call.matrix.routes == [Route(from: .player, to: held)])
      #expect(driver.media.contains(.play(.hold, to: held)))
      #expect(driver.signalling == [.answerOffer(holder, sdp: "our answer")])
      driver.send(.offered(holder, sdp: "sendrecv"))
      #expect(driver.call.snapshot.heldBy.isEmpty && driver.call.matrix.routes.count == 2)
    }
  }

  @Test("A re-INVITE that can't be met is refused and the call goes on")
  func badReoffer() {
    var driver = CallDriver.answered()
    driver.send(.offered(CallDriver.agentLeg, sdp: "bad"))
    let refusal = Refusal.badDescription("no audio")
    #expect(driver.signalling.last == .rejectOffer(CallDriver.agentLeg, refusal))
    #expect(driver.call.phase == .answered)
  }

  @Test("A call that the process ends while it rings is refused with a reason")
  func stopping() {
    var driver = CallDriver()
    driver.feed(.end(HangupReason(cause: 503, text: "Earshot is stopping")))
    #expect(driver.signalling.contains(.refuse(CallDriver.customerLeg, .stopping)))
    #expect(driver.record != nil)
  }

  @Test(
    "S3 A2 a party that is gone without a word ends the call, its sessions, and their entries in the audit")
  func lost() {
    for leg in [CallDriver.customerLeg, CallDriver.agentLeg] {
      var driver = CallDriver.answered()
      let asked = driver.supervise(.listen)
      driver.send(.lost(leg, "the session has expired: the peer has not refreshed it"))
      #expect(driver.call.phase == .ended && driver.call.snapshot.endReason?.cause == 408)
      #expect(driver.call.snapshot.sessions.first { $0.id == asked.session }?.phase == .ended)
      #expect(driver.entries.map(\.action) == [.opened, .closed])
      #expect(driver.entries.last?.outcome.contains("not refreshed") == true)
      #expect(driver.record != nil && driver.open.isEmpty && driver.illegal.isEmpty)
    }
  }
}
