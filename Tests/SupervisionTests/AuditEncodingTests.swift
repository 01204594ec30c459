import Supervision
import TestKit
import Testing

/// The vectors were made by a program of its own from Docs/AuditFormat.md, not by `AuditEncoding`.
struct AuditEncodingTests {
  @Test("U2 the bytes of an entry with every field are those fixed for ever")
  func fullEntry() throws {
    let bytes = AuditEncoding.encode(.full)
    #expect(bytes.hex == AuditVectors.full)
    #expect(try AuditEncoding.decode(bytes) == .full)
  }

  @Test("U2 the bytes of an entry with the required fields alone are those fixed for ever")
  func smallEntry() throws {
    let bytes = AuditEncoding.encode(.small)
    #expect(bytes.hex == AuditVectors.small)
    #expect(try AuditEncoding.decode(bytes) == .small)
  }

  @Test("U2 codes of actions, modes and roles are those fixed for ever")
  func codes() {
    #expect(AuditAction.allCases.map { AuditEncoding.code($0) } == Array(1...11))
    #expect(
      AuditAction.allCases.map(\.rawValue) == [
        "opened", "mode-changed", "closed", "refused", "abandoned", "agent-released", "interrupted",
        "started",
        "stopped", "cue", "transferred",
      ])
    #expect(SupervisionMode.allCases.map { AuditEncoding.code($0) } == [1, 2, 3, 4])
    let roles: [Role] = [.customer, .agent, .supervisor, .player, .recorder, .analyser, .guard]
    #expect(roles.map { AuditEncoding.code($0) } == [1, 2, 3, 4, 5, 6, 7])
  }

  @Test("U1 any entry comes back from its bytes as it was", arguments: 0..<50 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let entry = AuditEntry.any(&generator)
    #expect(try AuditEncoding.decode(AuditEncoding.encode(entry)) == entry)
  }

  @Test(
    "U2 no bytes but those of `encode` are taken: each cut, each changed byte is another entry or a fault")
  func everyByteCounts() {
    let bytes = AuditEncoding.encode(.full)
    for index in bytes.indices {
      let cut = Array(bytes.prefix(index))
      if let entry = try? AuditEncoding.decode(cut) { #expect(AuditEncoding.encode(entry) == cut) }
      var changed = bytes
      changed[index] ^= 0x11
      if let entry = try? AuditEncoding.decode(changed) {
        #expect(entry != .full)
        #expect(AuditEncoding.encode(entry) == changed)
      }
    }
  }

  @Test("U2 a fault names what is wrong with the bytes")
  func faults() {
    let small = AuditEncoding.encode(.small)
    func fault(_ bytes: [UInt8]) -> AuditEncodingFault? {
      do {
        _ = try AuditEncoding.decode(bytes)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault([]) == .empty)
    #expect(fault([2] + small.dropFirst()) == .unknownVersion(2))
    #expect(fault([1]) == .missing(2))
    #expect(fault(small + [24, 0, 0, 0, 0]) == .unknownTag(24))
    #expect(fault(small + [18, 0, 0, 0, 0]) == .outOfOrder(18))
    #expect(fault(small + [19, 0, 0, 0]) == .truncated(19))
    #expect(fault(small + [19, 0, 0, 0, 1]) == .truncated(19))
    #expect(fault(small + [19, 0, 0, 0, 1, 7]) == .badValue(19))
    #expect(fault(small + [22, 0, 0, 0, 0]) == .badValue(22))
    #expect(fault(small + [23, 0, 0, 0, 2, 9, 1]) == .badValue(23))
    #expect(fault(Array(small.dropLast()) + [0xff]) == .badValue(18))
  }
}

enum AuditVectors {
  static let full =
    "01010000000461636d6502000000010303000000080000019b76daa87b040000000476657261050000001056c49b7261204e6f"
    + "76c3a16b6f76c3a1060000000663616c6c2d31070000000973657373696f6e2d310800000004313030310900000004416e6e61"
    + "0a0000000573616c65730b00000001030c00000001020d00000008636f616368696e670e000000000f00000004726573741000"
    + "00000e3139322e302e322e373a353036301100000009636f6e736f6c652f3112000000046c6566741300000008000000000000"
    + "fde814000000080000019b76d9be1b15000000080000019b76daa87b1600000022010000000000001388000000000000753002"
    + "0000000000007530000000000000fde81700000024020100000000000000000000000430383030020200000000000445c00000"
    + "000431303031"
  static let small =
    "01010000000461636d650200000001080300000008ffffffffffffffff0f0000000673797374656d1000000000110000000765"
    + "617273686f741200000004646f6e65"
}

extension AuditEntry {
  static let small = AuditEntry(
    tenant: TenantID("acme"), action: .started, time: -1, origin: .system, outcome: "done")

  static let full: AuditEntry = {
    var entry = AuditEntry(
      tenant: TenantID("acme"), action: .closed, time: 1_767_225_600_123,
      origin: ActOrigin(channel: "rest", address: "192.0.2.7:5060", client: "console/1"), outcome: "left")
    entry.supervisor = UserID("vera")
    entry.supervisorName = "Věra Nováková"
    entry.call = CallID("call-1")
    entry.session = SessionID("session-1")
    entry.monitoredExtension = "1001"
    entry.agent = "Anna"
    entry.queue = "sales"
    entry.mode = .barge
    entry.previousMode = .whisper
    entry.purpose = "coaching"
    entry.reason = ""
    entry.callClock = 65_000
    entry.started = 1_767_225_540_123
    entry.ended = 1_767_225_600_123
    entry.spans = [
      ModeSpan(mode: .listen, from: 5000, to: 30_000), ModeSpan(mode: .whisper, from: 30_000, to: 65_000),
    ]
    entry.proof = [
      PrivacyProof(mode: .whisper, listener: .customer, address: "0800", samples: 0),
      PrivacyProof(mode: .whisper, listener: .agent, address: "1001", samples: 280_000),
    ]
    return entry
  }()

  static func any(_ generator: inout SeededGenerator) -> AuditEntry {
    func text() -> String {
      String(
        (0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in
          "aß€😀\0 \"1".randomElement(using: &generator)
        })
    }
    func maybe<Value>(_ value: @autoclosure () -> Value) -> Value? {
      Bool.random(using: &generator) ? value() : nil
    }
    func mode() -> SupervisionMode { SupervisionMode.allCases.randomElement(using: &generator) ?? .listen }
    func time() -> Int64 { Int64.random(in: .min ... .max, using: &generator) }
    var entry = AuditEntry(
      tenant: TenantID(text()), action: AuditAction.allCases.randomElement(using: &generator) ?? .opened,
      time: time(), origin: ActOrigin(channel: text(), address: text(), client: text()), outcome: text())
    entry.supervisor = maybe(UserID(text()))
    entry.supervisorName = maybe(text())
    entry.call = maybe(CallID(text()))
    entry.session = maybe(SessionID(text()))
    entry.monitoredExtension = maybe(text())
    entry.agent = maybe(text())
    entry.queue = maybe(text())
    entry.mode = maybe(mode())
    entry.previousMode = maybe(mode())
    entry.purpose = maybe(text())
    entry.reason = maybe(text())
    entry.callClock = maybe(time())
    entry.started = maybe(time())
    entry.ended = maybe(time())
    entry.spans = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
      ModeSpan(mode: mode(), from: time(), to: time())
    }
    entry.proof = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
      PrivacyProof(
        mode: mode(), listener: [.customer, .agent, .guard].randomElement(using: &generator) ?? .agent,
        address: text(), samples: UInt64.random(in: 0 ... .max, using: &generator))
    }
    return entry
  }
}

extension [UInt8] {
  var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
