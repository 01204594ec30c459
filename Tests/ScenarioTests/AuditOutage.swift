import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// What must be true while the audit can't be written, and afterwards, whatever the cause: one call with a running
/// barge, and the attempts of others to supervise it.
struct AuditOutage {
  private typealias Tone = Floor.Tone

  /// Seconds that a gate may wait for its entry; hang-ups must not take nearly as long.
  static let gateDeadline = 1
  static let settings = Floor.Settings(
    policy: "auditGrace: 60", storage: "audit: {gateDeadline: \(gateDeadline)}")

  private let floor: Floor
  private let tom: Phone
  private let ben: Phone
  private let customer: PhoneCall
  private let agent: PhoneCall
  private let supervisor: PhoneCall
  private let call: String
  private let session: String

  /// A call of anna's, into which sue barges.
  static func prepare(on floor: Floor) async throws -> AuditOutage {
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    let sue = try await floor.phone("sue")
    let tom = try await floor.phone("tom")
    await sue.setAnswering(.automatic, saying: .tone(Tone.supervisor))
    await tom.setAnswering(.automatic, saying: .tone(Tone.second))
    let (customer, agent) = try await floor.connect(agent: anna)
    let call = try await floor.call { $0.phase == "answered" }.id
    let session = try await floor.client().supervise(call, .init(mode: .barge, sip: "sue")).id
    let supervisor = try #require(await sue.nextCall())
    try await floor.live(session)
    #expect(await floor.ears(customer) == [[Tone.agent, Tone.supervisor]])
    return AuditOutage(
      floor: floor, tom: tom, ben: ben, customer: customer, agent: agent, supervisor: supervisor, call: call,
      session: session)
  }

  /// Nothing new is supervised, what runs can be ended, calls come, run and go.
  func during() async throws {
    let byREST = try #require(await problem { try await supervise() })
    #expect(byREST.status == 503 && byREST.type == "urn:earshot:problem:audit-unavailable", "\(byREST)")
    #expect(byREST.detail.contains("check disk and database"), "\(byREST)")
    let raised = try #require(
      await problem { _ = try await floor.client().changeMode(of: session, to: .takeover) })
    #expect(raised.status == 503, "\(raised)")
    let byPhone = await #expect(throws: PhoneRefusal.self) { try await tom.connect("*31anna") }
    #expect(byPhone?.status == 503 && byPhone?.reason?.text.contains("audit") == true, "\(byPhone as Any)")
    #expect(
      await floor.ears(customer, agent, supervisor) == [
        [Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
      ], "calls and barge run on")

    try await floor.client().end(session)
    #expect(await supervisor.ended().isByPeer)
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])

    let (second, into) = try await floor.connect(agent: ben, customer: floor.customer("+49309999"))
    #expect(await floor.ears(second, into) == [[Tone.agent], [Tone.customer]], "a new call")
    try await endsAtOnce(second, into)
    try await endsAtOnce(customer, agent)
    try await floor.spooled { $0.action == .closed && $0.session?.value == session }
    try await floor.metric("earshot_audit_writable", is: 0)
  }

  /// What happened meanwhile is in the chain, and supervision works again.
  func after() async throws {
    try await floor.metric("earshot_audit_writable", is: 1)
    let closing = try await floor.entry { $0.action == "closed" }
    #expect(closing.session == session)
    #expect((closing.proof.first { $0.listener == "customer" }?.samples ?? 0) > 0, "a barge is heard")
    // A transaction that was under way when its gate gave up has left a declaration of the system's beside it.
    let refused = try await floor.client().audit().entries.filter {
      $0.action == "refused" && $0.origin.channel != "system"
    }
    #expect(refused.map(\.origin.channel) == ["sip", "rest", "rest"], "\(refused)")
    #expect(refused.map(\.mode) == ["listen", "takeover", "listen"], "each names what was asked for")
    #expect(try floor.spooledEntries().isEmpty)

    let (customer, _) = try await floor.connect(agent: ben)
    let listener = try await tom.connect("*31ben", saying: .tone(Tone.second))
    _ = await listener.firstSound()
    #expect(await floor.ears(listener) == [[Tone.customer, Tone.agent]], "supervision works again")
    await listener.hangUp()
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.server.stop() == 0)
    let verdict = try await floor.verifyAudit()
    #expect(verdict.status == 0, "\(verdict.output)")
  }

  private func supervise() async throws {
    _ = try await floor.client("tom").supervise(call, .init(mode: .listen, sip: "tom"))
  }

  private func problem(_ act: () async throws -> Void) async -> ProblemDocument? {
    do {
      try await act()
    } catch APIClientError.problem(let problem) {
      return problem
    } catch {
      Issue.record(error)
    }
    return nil
  }

  private func endsAtOnce(_ one: PhoneCall, _ other: PhoneCall) async throws {
    let began = ContinuousClock.now
    await one.hangUp()
    #expect(await other.ended().isByPeer)
    let took = began.duration(to: .now)
    #expect(took < .seconds(Self.gateDeadline) / 2, "ended after \(took)")
  }
}
