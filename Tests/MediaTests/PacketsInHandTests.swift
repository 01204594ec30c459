import RTP
import Supervision
import Testing

@testable import Media

/// Packets that wait for the worker together are read before the first of them is served. Each must still go to whom it
/// belongs, exact, and in the order of its own stream.
@Suite("M1 packets that are read together") struct PacketsInHandTests {
  private struct Talk {
    let call: CallID
    let customer: TestPhone
    let agent: TestPhone
  }

  private func talk(_ rig: Rig, _ number: Int) throws -> Talk {
    let call = CallID("talk-\(number)")
    let phones = try [(Rig.customer, Role.customer), (Rig.agent, .agent)].enumerated().map { place, party in
      let phone = try TestPhone(port: Rig.freePorts(2))
      let leg = LegID(UInt64(1_000 + 2 * number + place))
      let mediaLeg = MediaLeg(
        leg: leg, participant: party.0, role: party.1, sources: SourcePolicy(signallingAddress: nil))
      rig.engine.perform(.acceptOffer(mediaLeg, sdp: phone.sdp()), for: call)
      rig.engine.perform(.makeAnswer(leg, like: nil), for: call)
      try phone.take(rig.description(leg))
      return phone
    }
    let routes = RoutingMatrix([
      Route(from: Rig.customer, to: Rig.agent), Route(from: Rig.agent, to: Rig.customer),
    ])
    let revision = UInt64(1_000 + number)
    rig.engine.perform(.apply(routes, revision: revision), for: call)
    try rig.await("applied") { if case .applied(revision, _) = $0 { true } else { nil } }
    return Talk(call: call, customer: phones[0], agent: phones[1])
  }

  /// Tells whose packet it is, and which.
  private func payload(_ talk: Int, _ party: Int, _ number: Int) -> [UInt8] {
    (0..<160).map { UInt8(truncatingIfNeeded: talk &* 31 &+ party &* 7 &+ number &* 3 &+ $0) }
  }

  @Test("of any number of calls, each packet goes to whom it belongs", arguments: [1, 7, 8, 9, 40])
  func together(count: Int) async throws {
    try await Rig.run(pairs: 96) { rig in
      // Holding the worker takes an event of a call that is there.
      _ = try rig.parties()
      let talks = try (0..<count).map { try talk(rig, $0) }
      for talk in talks {
        talk.customer.send([1])
        talk.agent.send([2])
      }
      try rig.barrier()
      for talk in talks {
        #expect(talk.agent.receiveAll().map(\.payload) == [[1]])
        #expect(talk.customer.receiveAll().map(\.payload) == [[2]])
      }
      try rig.whileWorkerWaits {
        for number in 0..<3 {
          for (index, talk) in talks.enumerated() {
            talk.customer.send(payload(index, 0, number))
            talk.agent.send(payload(index, 1, number))
          }
        }
      }
      // A turn of the worker reads one datagram of each leg.
      for _ in 0..<4 { try rig.settle() }
      for (index, talk) in talks.enumerated() {
        #expect(talk.agent.receiveAll().map(\.payload) == (0..<3).map { payload(index, 0, $0) }, "\(index)")
        #expect(
          talk.customer.receiveAll().map(\.payload) == (0..<3).map { payload(index, 1, $0) }, "\(index)")
        rig.engine.perform(.closeCall, for: talk.call)
      }
    }
  }
}
