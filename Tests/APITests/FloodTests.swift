import Foundation
import TestKit
import Testing

@testable import API

/// Garbage, broken requests and broken frames, round after round.
@Suite("X4 floods at the HTTP port", .serialized, .timeLimit(.minutes(2)))
struct FloodTests {
  private static let perRound = 300

  private static func garbage(_ number: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    let get = "GET /healthz HTTP/1.1\r\nHost: e\r\n"
    let texts = [
      "", "\r\n\r\n", "GET", get, "GET /%zz HTTP/1.1\r\n\r\n", "BREW /pot HTTP/1.1\r\nHost: e\r\n\r\n",
      "GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 3_000) + "\r\n",
      "GET /" + String(repeating: "a", count: 30_000) + " HTTP/1.1\r\n\r\n",
      "POST /v1/calls/x/supervisions HTTP/1.1\r\nHost: e\r\nContent-Length: -1\r\n\r\n",
      "POST /v1/calls/x/supervisions HTTP/1.1\r\nHost: e\r\nContent-Length: 70\r\n\r\nshort",
      "POST / HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", get + "\u{1}: \u{2}\r\n\r\n",
    ]
    if number % 3 == 0 {
      return (0..<Int.random(in: 1...3_000, using: &generator)).map { _ in
        .random(in: 0...255, using: &generator)
      }
    }
    return Array(texts[number / 3 % texts.count].utf8)
  }

  /// Waits until no connection of before is left.
  private func settle(_ descriptors: Int) async {
    let deadline = ContinuousClock.now + .seconds(20)
    while SystemFault.descriptors > descriptors, ContinuousClock.now < deadline { await Task.yield() }
  }

  /// Three rounds of `flood`; after the first one nothing grows any more.
  private func rounds(_ flood: (Int) async throws -> Void) async throws {
    var resident: [Int] = []
    var descriptors: [Int] = []
    for _ in 1...3 {
      let before = SystemFault.descriptors
      for number in 0..<Self.perRound { try await flood(number) }
      await settle(before)
      descriptors.append(SystemFault.descriptors)
      resident.append(try ProcessSize.resident())
    }
    #expect(descriptors[2] <= descriptors[0], "descriptors after each round: \(descriptors)")
    // Ten kilobytes kept of each connection would be 3 MB a round.
    #expect(resident[2] - resident[1] < 3_000_000, "resident after each round: \(resident)")
  }

  @Test("X4 garbage and half requests: each ends its own connection, all are counted, nothing stays")
  func requests() async throws {
    var limits = HTTPLimits()
    limits.receive = 1
    try await Floor.run(limits: limits) { floor async throws in
      var generator = SeededGenerator(seed: 9112)
      try await rounds { number in
        let connection = try RawConnection(port: floor.server.address.port)
        await connection.send(Self.garbage(number, &generator))
        if number % 50 == 0 { #expect(try await floor.request("GET", "/healthz").status == 200) }
      }
      let text = try await floor.request("GET", "/metrics").text
      let line = try #require(
        text.split(separator: "\n").first { $0.hasPrefix("earshot_http_garbage_total ") })
      let counted = try #require(Double(line.split(separator: " ")[1]))
      // Some of them are requests that can be read, and are answered with 4xx.
      #expect(counted > Double(Self.perRound), "\(counted) of \(3 * Self.perRound)")
    }
  }

  @Test("X4 broken frames at the event stream and at a page's telephone: each ends its socket, nothing stays")
  func frames() async throws {
    try await Floor.run { floor async throws in
      var generator = SeededGenerator(seed: 6455)
      try await rounds { number in
        let path = number % 2 == 0 ? "/v1/events" : "/v1/phone"
        let connection = try RawConnection(port: floor.server.address.port)
        await connection.send(
          "GET \(path) HTTP/1.1\r\nHost: e\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + "Authorization: Bearer anna-token\r\n\r\n")
        _ = await connection.read { $0.range(of: Data("\r\n\r\n".utf8)) != nil }
        let length = Int.random(in: 0...200, using: &generator)
        let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let heads: [[UInt8]] = [
          [], [0x81, 0xFE], [0xF1, 0x85], [0x81, 0x05], [0x83, 0x80, 0, 0, 0, 0], [0x89, 0xFF], [0x80, 0x81],
          [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ]
        await connection.send(heads[number / 2 % heads.count] + noise)
        if number % 50 == 0 { #expect(try await floor.request("GET", "/healthz").status == 200) }
      }
    }
  }
}
