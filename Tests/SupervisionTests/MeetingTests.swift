import Supervision
import Testing

/// Two calls of one party become one (RFC 3891).
@Suite("S2 attended transfers")
struct MeetingTests {
  /// Anna's customer's call, and the call in which she asks Ben.
  private struct Pair {
    var first = CallDriver.answered()
    var second: CallDriver

    init(policy: Policy = Policy()) {
      first = CallDriver.answered(policy: policy)
      second = CallDriver(policy: policy, internalTo: "ben", legs: (LegID(11), LegID(12)), id: "c2")
      second.nextLeg = 200
      second.send(.answered(LegID(12), sdp: "answer", source: "192.0.2.5"))
    }

    mutating func consult(referral: LegID = CallDriver.agentLeg) {
      first.feed(
        .consulted(
          Consultation(
            referral: referral, own: CallDriver.agentLeg, other: LegID(11), otherCall: CallID("c2"))))
      deliver()
    }

    /// Carries what they say to each other, as the switchboard does.
    mutating func deliver() {
      while !first.told.isEmpty || !second.told.isEmpty {
        let (mine, theirs) = (first.told, second.told)
        first.told = []
        second.told = []
        for (call, message) in mine where call == CallID("c2") { second.feed(.message(message)) }
        for (call, message) in theirs where call == CallID("c1") { first.feed(.message(message)) }
      }
    }
  }

  @Test(
    "S2 the customer and the one who was asked meet; his leg moves as it stands, the transferring one's two end"
  )
  func meet() throws {
    var pair = Pair()
    let answered = pair.first.signalling.count
    pair.consult()
    let ben = try #require(pair.first.call.participants.last)
    #expect(pair.first.call.participants.map(\.address) == ["5551", "ben"] && ben.leg == LegID(12))
    #expect(
      Set(pair.first.call.matrix.routes) == [
        Route(from: ParticipantID(1), to: ben.id), Route(from: ben.id, to: ParticipantID(1)),
      ])
    #expect(pair.second.media.contains(.detachLeg(LegID(12))))
    #expect(
      pair.first.media.contains {
        if case .attachLeg(let leg) = $0 { leg.participant == ben.id } else { false }
      })
    #expect(
      Array(pair.first.signalling.dropFirst(answered)) == [
        .reportReferral(CallDriver.agentLeg, .trying),
        .end(CallDriver.agentLeg, HangupReason(cause: 200, text: "Transferred to Ben")),
      ])
    #expect(pair.second.signalling.contains(.reportReferral(CallDriver.agentLeg, .accepted)))
    #expect(pair.second.record != nil && pair.second.open.isEmpty)
    #expect(pair.first.call.snapshot.transfers.map(\.kind) == [.attended])
    #expect(pair.first.call.facts.agents == ["ben"])
    // A BYE that was on its way to the other call finds him.
    pair.second.send(.ended(LegID(12), .normal))
    pair.deliver()
    #expect(pair.first.record != nil && pair.first.open.isEmpty)
  }

  @Test("S6 supervision of the customer's call goes on; that of the other call ends with it")
  func sessions() throws {
    var pair = Pair()
    let kept = pair.first.supervise(.listen).session
    let ended = pair.second.supervise(.listen, by: CallDriver.principal("tom")).session
    pair.consult()
    let session = try #require(pair.first.call.session(kept))
    #expect(session.phase == .live)
    #expect(
      Set(pair.first.call.matrix.sources(of: session.participant)) == Set(pair.first.call.parties.map(\.id)))
    #expect(pair.second.call.session(ended)?.endReason == "the call ended: Transferred")
  }

  @Test(
    "S6 U3 by the policy 'agent' his supervisor goes with him, by the same connection, once the audit has it")
  func follower() throws {
    var policy = Policy()
    policy.afterTransfer = .agent
    var pair = Pair(policy: policy)
    let left = pair.first.supervise(.listen, by: CallDriver.principal("tom"))
    let moving = pair.second.supervise(.whisper)
    pair.first.auditHeld = true
    pair.consult()
    #expect(pair.second.call.session(moving.session)?.phase == .ended)
    #expect(pair.second.entries.map(\.action) == [.opened, .closed])
    #expect(pair.second.entries.last?.outcome == "Ben was transferred to another call, where it goes on")
    #expect(!pair.second.signalling.contains { if case .end(moving.leg, _) = $0 { true } else { false } })
    #expect(pair.first.call.session(left.session)?.endReason == "Anna has left the call by a transfer")
    let session = try #require(pair.first.call.sessions.last)
    #expect(session.mode == .whisper && session.leg == moving.leg && session.phase == .authorising)
    #expect(pair.first.call.matrix.sources(of: session.participant).isEmpty)
    pair.first.releaseAudit()
    let ben = try #require(pair.first.call.parties.last?.id)
    #expect(Set(pair.first.call.matrix.sources(of: session.participant)) == [ParticipantID(1), ben])
    #expect(pair.first.call.matrix.listeners(to: session.participant) == [ben])
    #expect(
      pair.first.entries.contains { $0.action == .opened && $0.outcome == "followed Ben from another call" })
    pair.second.send(.ended(moving.leg, .normal))
    pair.deliver()
    #expect(pair.first.call.session(session.id)?.phase == .ended && pair.first.call.phase == .answered)
    pair.first.send(.ended(CallDriver.customerLeg, .normal))
    #expect(pair.first.record != nil && pair.first.open.isEmpty && pair.second.record != nil)
  }

  @Test("S6 U3 no audit: the supervisor who came with his agent is hung up")
  func followerWithoutAudit() throws {
    var policy = Policy()
    policy.afterTransfer = .agent
    var pair = Pair(policy: policy)
    let moving = pair.second.supervise(.listen)
    pair.first.auditWorks = false
    pair.consult()
    #expect(pair.first.call.sessions.last?.endReason == Refusal.auditUnavailable.explanation)
    #expect(pair.first.signalling.contains { if case .end(moving.leg, _) = $0 { true } else { false } })
    #expect(pair.first.call.phase == .answered)
  }

  @Test("S2 S6 two customers meet: the call has no agent any more, and nobody to be supervised with")
  func customers() {
    var pair = Pair()
    pair.second = CallDriver(policy: Policy(), agentCalls: true, id: "c2")
    pair.second.send(.answered(CallDriver.customerLeg, sdp: "answer", source: "192.0.2.5"))
    let session = pair.first.supervise(.listen).session
    pair.first.feed(
      .consulted(
        Consultation(
          referral: CallDriver.agentLeg, own: CallDriver.agentLeg, other: CallDriver.agentLeg,
          otherCall: CallID("c2"))))
    // Both calls of this test number their legs alike; the one that comes has another number.
    for (_, message) in pair.first.told { pair.second.feed(.message(message)) }
    pair.first.told = []
    for (_, message) in pair.second.told {
      guard case .handedOver(var handover) = message else { continue }
      handover.leg.id = LegID(77)
      handover.party.leg = LegID(77)
      pair.first.feed(.message(.handedOver(handover)))
    }
    #expect(pair.first.call.parties.map(\.role) == [.customer, .customer] && pair.first.call.handler == nil)
    #expect(pair.first.call.facts.agents.isEmpty)
    #expect(pair.first.call.session(session)?.endReason == "no agent is left on the call")
  }

  @Test("S2 the other call can't give him: told, and both calls go on")
  func refused() {
    var pair = Pair()
    pair.second.routeAnswer = nil
    pair.second.send(.referred(LegID(11), .number("eve")))
    pair.consult()
    #expect(pair.first.signalling.last == .reportReferral(CallDriver.agentLeg, .refused(.transferPending)))
    #expect(pair.first.call.parties.count == 2 && pair.second.call.parties.count == 2)
    #expect(!pair.first.call.snapshot.isTransferring)
  }

  @Test("S2 the customer hangs up while the other one is on his way: he is hung up too, and nothing is left")
  func tooLate() {
    var pair = Pair()
    pair.first.feed(
      .consulted(
        Consultation(
          referral: CallDriver.agentLeg, own: CallDriver.agentLeg, other: LegID(11), otherCall: CallID("c2")))
    )
    for (_, message) in pair.first.told { pair.second.feed(.message(message)) }
    pair.first.told = []
    // The end of the call waits for its media plane, so the call is still there to take him in.
    pair.first.holdsClosing = true
    pair.first.send(.ended(CallDriver.customerLeg, .normal))
    pair.deliver()
    pair.first.releaseClosing()
    #expect(
      pair.first.signalling.contains { if case .end(LegID(12), _) = $0 { true } else { false } })
    #expect(pair.first.record != nil && pair.first.open.isEmpty)
  }

  @Test(
    "S2 S6 a page is handed over where both calls' sound is together; so is a supervisor's page, as his session says"
  )
  func pages() throws {
    var policy = Policy()
    policy.afterTransfer = .agent
    var pair = Pair(policy: policy)
    pair.second = CallDriver(
      policy: policy, internalTo: "ben", legs: (LegID(11), LegID(12)), id: "c2", byBrowser: true)
    pair.second.nextLeg = 200
    pair.second.send(.answered(LegID(12), sdp: "answer", source: "192.0.2.5"))
    let moving = pair.second.supervise(.listen).session
    pair.first.feed(
      .consulted(
        Consultation(
          referral: CallDriver.agentLeg, own: CallDriver.agentLeg, other: LegID(11), otherCall: CallID("c2"),
          takesPages: true)))
    pair.deliver()
    #expect(pair.first.call.participants.prefix(2).map(\.address) == ["5551", "ben"])
    #expect(pair.second.media.contains(.detachLeg(LegID(12))))
    #expect(
      pair.first.media.contains {
        if case .attachLeg(let leg) = $0 { leg.leg == LegID(12) && leg.transport == .webRTC } else { false }
      })
    let next = try #require(pair.first.call.sessions.last)
    #expect(next.phase == .live)
    #expect(pair.second.call.snapshot.sessions.first { $0.id == moving }?.movedTo == next.id)
    #expect(pair.second.record != nil && pair.second.open.isEmpty)
  }

  @Test("S2 whose sound goes by a page that can't be handed over: told why")
  func browser() {
    var pair = Pair()
    pair.second = CallDriver(internalTo: "ben", legs: (LegID(11), LegID(12)), id: "c2", byBrowser: true)
    pair.second.send(.answered(LegID(12), sdp: "answer", source: "192.0.2.5"))
    pair.consult()
    guard case .reportReferral(_, .refused(.transferRefused))? = pair.first.signalling.last else {
      Issue.record("\(String(describing: pair.first.signalling.last))")
      return
    }
    #expect(pair.second.call.phase == .answered)
  }
}
