import API
import Supervision
import Testing

@testable import earshot

@Suite("Call table")
struct CallTableTests {
  private func call(
    _ id: String, created: Int64, phase: CallPhase = .answered, heldBy: [ParticipantID] = [],
    sessions: [SessionSnapshot] = [], customer: String = "M. Schneider", parked: ParkingNote? = nil
  ) -> CallDocument {
    let agent = Participant(
      id: ParticipantID(2), role: .agent, address: "anna", name: "Anna Berg", leg: LegID(2))
    let customer = Participant(
      id: ParticipantID(1), role: .customer, address: "4917012345", name: customer, leg: LegID(1))
    var snapshot = CallSnapshot(
      id: CallID(id), phase: phase,
      facts: CallFacts(
        tenant: TenantID("main"), direction: .inbound, queue: "billing", campaign: "spring", agents: ["anna"]),
      participants: [customer, agent], heldBy: heldBy, handler: agent.id, sessions: sessions,
      matrix: RoutingMatrix(), created: Moment(wall: created, uptime: created),
      answered: Moment(wall: created, uptime: created), ended: nil, endReason: nil, revision: 1)
    snapshot.parked = parked
    return CallDocument(snapshot, at: Moment(wall: 100_000, uptime: 100_000), policy: Policy())
  }

  private func session(_ mode: SupervisionMode) -> SessionSnapshot {
    SessionSnapshot(
      id: SessionID("s1"), call: CallID("c1"), supervisor: UserID("sue"), supervisorName: "Sue Lang",
      participant: ParticipantID(3), target: ParticipantID(2), mode: mode, phase: .live, targetCanHear: true,
      started: Moment(wall: 0, uptime: 0), endReason: nil)
  }

  @Test("Q1 every call has a line with duration, parties, queue, campaign and state, the oldest first")
  func rows() {
    let calls = [
      call("c2", created: 97_000, phase: .ringing), call("c1", created: 35_000, heldBy: [ParticipantID(2)]),
    ]
    let lines = CallTable(width: 200).lines(calls)
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("TIME  AGENT      CUSTOMER"))
    #expect(lines[1].hasPrefix("1:05  Anna Berg  M. Schneider  billing  spring    held by agent"))
    #expect(lines[1].hasSuffix("c1"))
    #expect(lines[2].contains("ringing"))
    #expect(lines[3] == "2 calls, 0 supervised")
  }

  @Test("S1 a call that is parked, being transferred, or of three says so")
  func states() {
    let note = ParkingNote(
      slot: "7", by: "Anna", byAddress: "anna", since: Moment(wall: 0, uptime: 0))
    let parked = call("c1", created: 0, parked: note)
    var moving = call("c2", created: 1)
    moving.transferring = true
    var three = call("c3", created: 2)
    three.conference = true
    let lines = CallTable(width: 200).lines([parked, moving, three])
    #expect(lines[1].contains("parked at 7"))
    #expect(lines[2].contains("transferring"))
    #expect(lines[3].contains("conference"))
  }

  @Test("Q1 who supervises is shown with the mode")
  func supervision() {
    let lines = CallTable(width: 200).lines([call("c1", created: 0, sessions: [session(.whisper)])])
    #expect(lines[1].contains("Sue Lang whisper"))
    #expect(lines[2] == "1 call, 1 supervised")
  }

  @Test("a line is never wider than the terminal, and a name can't steer it")
  func width() {
    let lines = CallTable(width: 40, isColoured: false).lines([
      call("c1", created: 0, customer: "\u{1B}[2Jx\n" + String(repeating: "long ", count: 20))
    ])
    #expect(lines.allSatisfy { $0.count <= 40 })
    #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\n") })
  }

  @Test(
    "durations", arguments: [(0, "0:00"), (61_999, "1:01"), (3_600_000, "1:00:00"), (36_061_000, "10:01:01")])
  func durations(milliseconds: Int64, text: String) {
    #expect(CallTable.duration(milliseconds) == text)
  }
}
