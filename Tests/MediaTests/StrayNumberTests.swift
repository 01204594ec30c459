import RTP
import Supervision
import Testing

@testable import Media

@Suite("Numbers that jump: strays, and sources that start anew")
struct StrayNumberTests {
  /// Sends one packet and gives the number under which the browser got it; nil if it didn't.
  private func relay(_ rig: Rig, _ phone: TestPhone, _ browser: TestBrowser, _ value: UInt8) throws -> UInt16?
  {
    rig.clock.advance(ms: 20)
    phone.send([UInt8](repeating: value, count: 160))
    try rig.barrier()
    guard let heard = browser.receive(within: 0) else { return nil }
    #expect(heard.payload == [UInt8](repeating: value, count: 160))
    return heard.header.sequence
  }

  private func withListener(
    _ role: Role, _ body: @escaping @Sendable (Rig, TestPhone, TestBrowser) throws -> Void
  ) async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.agent, role)
      try rig.apply("c>a")
      for value in UInt8(0)..<5 { _ = try #require(try relay(rig, customer, browser, value)) }
      try body(rig, customer, browser)
    }
  }

  @Test(
    "M11 a stray far from a source's numbers isn't passed on, and the next packet is heard as if it hadn't come",
    arguments: [3_000, 20_000, 32_767, -5_000])
  func stray(distance: Int) async throws {
    for role in [Role.agent, .supervisor] {
      try await withListener(role) { rig, customer, browser in
        let last = try #require(try relay(rig, customer, browser, 6))
        let proper = (customer.sequence, customer.timestamp)
        customer.sequence &+= UInt16(truncatingIfNeeded: distance)
        #expect(try relay(rig, customer, browser, 7) == nil)
        (customer.sequence, customer.timestamp) = proper
        for value in UInt8(1)...20 {
          #expect(try relay(rig, customer, browser, value) == last &+ UInt16(value))
        }
        #expect(try rig.counters().jumped == 1 && rig.counters().sendErrors == 0)
      }
    }
  }

  @Test("M11 after a stray that could be a gap, a browser misses one packet of the source and no more")
  func gap() async throws {
    try await withListener(.agent) { rig, customer, browser in
      let proper = customer.sequence
      customer.sequence &+= 2_000
      let stray = try #require(try relay(rig, customer, browser, 7))
      customer.sequence = proper
      #expect(try relay(rig, customer, browser, 8) == nil)
      for value in UInt8(1)...20 {
        #expect(try relay(rig, customer, browser, value) == stray &+ UInt16(value))
      }
    }
  }

  @Test(
    "M11 a source that starts anew under its SSRC goes on with the next number", arguments: [-5_000, 20_000])
  func restart(distance: Int) async throws {
    try await withListener(.agent) { rig, customer, browser in
      let last = try #require(try relay(rig, customer, browser, 6))
      customer.sequence &+= UInt16(truncatingIfNeeded: distance)
      customer.timestamp = 77
      #expect(try relay(rig, customer, browser, 7) == nil)
      for value in UInt8(1)...20 {
        #expect(try relay(rig, customer, browser, value) == last &+ UInt16(value))
      }
    }
  }
}
