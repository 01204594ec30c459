import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// No room for the log, or for anything.
@Suite("X1 U3 full disks", .serialized, .timeLimit(.minutes(3)))
struct FullDiskScenarios {
  private typealias Tone = Floor.Tone

  @Test("X1 the log's disk is full: calls and supervision know nothing of it, and it stops in order")
  func log() async throws {
    // Each write to it fails as on a full disk.
    let floor = try await Floor(log: "/dev/full")
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let (customer, agent) = try await floor.connect(agent: anna)
    let listener = try await sue.connect("*32anna", saying: .tone(Tone.supervisor))
    _ = await listener.firstSound()
    try await floor.live(.whisper, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer, Tone.supervisor]])
    // Refusals are logged too.
    #expect(try await floor.customer().call("nobody").ended().status == 404)
    await customer.hangUp()
    for call in [agent, listener] { #expect(await call.ended().isByPeer) }
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "U3 no file may grow (RLIMIT_FSIZE): supervision is refused, calls run on, nothing dies; then it works again"
  )
  func limit() async throws {
    let floor = try await Floor(AuditOutage.settings)
    let anna = try await floor.phone("anna")
    let tom = try await floor.phone("tom")
    let (customer, agent) = try await floor.connect(agent: anna)
    try await floor.limitFiles(to: "0")
    let refused = await #expect(throws: PhoneRefusal.self) { try await tom.connect("*31anna") }
    #expect(refused?.status == 503 && refused?.reason?.text.contains("audit") == true, "\(refused as Any)")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    try await floor.limitFiles(to: "unlimited")
    try await floor.metric("earshot_audit_writable", is: 1)
    let listener = try await tom.connect("*31anna", saying: .tone(Tone.second))
    _ = await listener.firstSound()
    #expect(await floor.ears(listener) == [[Tone.customer, Tone.agent]])
    await customer.hangUp()
    for call in [agent, listener] { #expect(await call.ended().isByPeer) }
    try await floor.expectNothingLeft()
    #expect(await floor.server.stop() == 0)
    let verdict = try await floor.verifyAudit()
    #expect(verdict.status == 0, "\(verdict.output)")
    await floor.stop()
  }
}

extension Floor {
  /// No file of the server may become larger than this, as `prlimit` (util-linux) has it.
  fileprivate func limitFiles(to size: String) async throws {
    let place = TemporaryFolder()
    let tool = try ToolProcess(
      "prlimit", ["--pid", "\(server.identifier)", "--fsize=\(size):"], in: place.path)
    try #require(await tool.exitStatus() == 0, "\(tool.output)")
  }
}
