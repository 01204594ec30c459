import RTP
import Supervision
import Testing

@testable import Media

@Suite("RTCP of each leg")
struct ReportTests {
  @Test("M11 sender reports go out, what the peer reports is kept, and a BYE ends it")
  func reports() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      for number in 0..<10 {
        if number == 5 { customer.sequence &+= 2 }
        customer.send([UInt8](repeating: 1, count: 160))
        let heard = try #require(agent.receive())
        #expect(heard.payload.count == 160)
        rig.clock.advance(ms: 20)
      }
      rig.clock.advance(ms: 8_000)
      try rig.settle()
      let toCustomer = try #require(customer.receiveReport(about: customer.ssrc))
      #expect(toCustomer.report?.cumulativeLost == 2)
      let toAgent = try #require(agent.receiveReport(about: 0))
      let info = try #require(toAgent.senderInfo)
      #expect(info.packets == 10 && info.octets == 1_600)

      // The agent's answer: 3 lost, jitter of 10 ms, turned round at once.
      let block = RTCP.ReportBlock(
        ssrc: toAgent.sender, fractionLost: 0, cumulativeLost: 3, extendedHighest: 10, jitter: 80,
        lastSenderReport: info.time.middle, delaySinceLastSenderReport: 0)
      agent.sendReport { bytes, capacity in
        RTCP.write(
          bytes, capacity: capacity, ssrc: agent.ssrc, sender: nil, report: block, cname: "phone")
      }
      try rig.settle()
      let report = try rig.closeLeg(Rig.agent)
      #expect(report.reportedLost == 3 && report.reportedJitter == 10)
      #expect(try #require(report.roundTrip) < 2_000)
      #expect(report.packetsSent == 10 && report.codec == "PCMU")
      let bye = try #require(agent.receiveReport(about: 0))
      #expect(bye.bye)
      let customerReport = try rig.closeLeg(Rig.customer)
      #expect(customerReport.packetsLost == 2 && customerReport.packetsReceived == 10)
      #expect(customerReport.reportedLost == nil && customerReport.roundTrip == nil)
    }
  }

  @Test("M11 RTP and RTCP share a port where the offer says so")
  func multiplexed() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer, extra: "a=rtcp-mux\r\n")
      let agent = try rig.join(Rig.agent, .agent)
      try rig.apply("c>a a>c")
      customer.send([UInt8](repeating: 1, count: 160))
      #expect(agent.receive()?.payload.count == 160)
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = bytes.withUnsafeMutableBytes { buffer in
        RTCP.write(
          buffer.baseAddress!, capacity: 256, ssrc: customer.ssrc, sender: nil, report: nil, cname: "x")
      }
      customer.send(packet: Array(bytes.prefix(count)))
      customer.send([UInt8](repeating: 2, count: 160))
      #expect(agent.receive()?.payload.first == 2)
      #expect(try rig.closeLeg(Rig.customer).malformed == 0)
      // The BYE comes by the same port.
      #expect(customer.rawReceive().map { $0[1] } == RTCP.PacketType.receiverReport)
    }
  }
}
