import Foundation
import Glibc
import Supervision
import TestKit
import Testing

@testable import Signalling

@Suite("What no peer should send, in masses", .serialized, .timeLimit(.minutes(2))) struct FloodTests {
  /// Short transactions: a flood then ends in the state that it began in.
  private func fixture() async throws -> PlaneFixture {
    var settings = try PlaneFixture.settings()
    settings.transactionTimeout = 500
    return try await PlaneFixture(settings)
  }

  @Test(
    "X4 a request that ends at any of its bytes but the last is 400 or noise",
    arguments: ["INVITE", "REGISTER", "OPTIONS"])
  func cutOff(method: String) async throws {
    let fixture = try await fixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    // A body, so that a cut right behind the header is none behind the message.
    func message(_ number: Int) -> [UInt8] {
      Array(
        peer.request(
          method, from: "bob", call: "\(number)-cut", headers: ["Max-Forwards: 70", "Expires: 300"],
          body: offer
        ).utf8)
    }
    for length in 0..<message(0).count {
      peer.send(Array(message(length).prefix(length)))
      try expectOnly400(before: "probe\(length)", at: peer)
    }
    #expect(fixture.events.isEmpty)
    #expect(await fixture.plane.counters.registrations == 0)
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  /// Asks, and reads all that comes before the answer.
  private func expectOnly400(before call: String, at peer: RawPeer) throws {
    peer.send(peer.request("OPTIONS", call: call))
    while true {
      let answer = try #require(peer.receive("SIP/2.0"))
      if RawPeer.header("Call-ID", of: answer) == "\(call)@raw" {
        #expect(answer.hasPrefix("SIP/2.0 200"))
        return
      }
      #expect(answer.hasPrefix("SIP/2.0 400") || answer.hasPrefix("SIP/2.0 100"), "\(answer)")
    }
  }

  @Test("X4 20,000 datagrams of a stranger, thrice: no call, every INVITE counted, no memory kept")
  func flood() async throws {
    let fixture = try await fixture()
    let peer = try RawPeer(address: "127.0.0.9", target: fixture.port)
    let torture = try TortureMessage.all.map { try $0.bytes() }
    var generator = SeededGenerator(seed: 4475)
    var invites: UInt64 = 0
    var resident: [Int] = []
    for round in 1...3 {
      for number in 1...20_000 {
        let call = "\(round)-\(number)"
        switch number % 5 {
        case 0: peer.send(generator.bytes(upTo: 600))
        case 1:
          peer.send(peer.request("INVITE", call: call, headers: ["Max-Forwards: 70"], body: offer))
          invites += 1
        case 2:
          let whole = Array(
            peer.request("INVITE", call: call, headers: ["Max-Forwards: 70"], body: offer).utf8)
          peer.send(Array(whole.prefix(Int.random(in: 0..<whole.count, using: &generator))))
        case 3:
          // Bytes changed at random in what is odd already.
          var bytes = torture[number % torture.count]
          for _ in 0..<3 {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
              in: 0...255, using: &generator)
          }
          peer.send(bytes)
        default: peer.send(peer.request("OPTIONS", call: call))
        }
        // No faster than it is read: nothing may get lost in the socket, or the count proves nothing.
        if number % 50 == 0 { try wait(for: "probe\(call)", at: peer) }
      }
      resident.append(try Self.residentBytes())
    }
    #expect(fixture.events.isEmpty)
    let counters = await fixture.plane.counters
    // Some of the changed messages are strangers' requests too.
    #expect(counters.strangers >= invites)
    #expect(counters.registrations == 0)
    #expect(counters.liveLegs == 0)
    await fixture.expectNoLegLeft()
    // Two hundred bytes kept of each datagram would be 4 MB in every round; the allocator's pools grow in some.
    let growth = zip(resident.dropFirst(), resident).map { $0 - $1 }
    #expect(try #require(growth.min()) < 4_000_000, "resident after each round: \(resident)")
    print("resident", resident)
    await fixture.close()
  }

  private func wait(for call: String, at peer: RawPeer) throws {
    peer.send(peer.request("OPTIONS", call: call))
    while true {
      let answer = try #require(peer.receive("SIP/2.0"))
      if RawPeer.header("Call-ID", of: answer) == "\(call)@raw" { return }
    }
  }

  /// Of this process.
  private static func residentBytes() throws -> Int {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(pages[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
