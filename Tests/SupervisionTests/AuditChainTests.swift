import Supervision
import Testing

/// With a hash that is none, but tells texts apart: what is proved here is the naming of faults. The real one is proved
/// in StorageTests.
struct AuditChainTests {
  private static let name = AuditChainName(tenant: TenantID("acme"), node: "node-1")

  private static let hash: AuditHash = { bytes in
    var lanes: [UInt64] = [1, 2, 3, 4]
    for byte in bytes {
      for lane in lanes.indices {
        lanes[lane] = (lanes[lane] ^ UInt64(byte)) &* (0x100_0000_01b3 &+ UInt64(lane) << 40)
      }
    }
    return AuditDigest(lanes.flatMap(\.bigEndianBytes))!
  }

  private func rows(_ count: Int) -> [AuditRow] {
    var chain = AuditChain(Self.name, hash: Self.hash)
    return (1...count).map { number in
      let payload = Array("entry \(number)".utf8)
      return AuditRow(link: chain.append(payload), payload: payload)
    }
  }

  private func report(_ rows: [AuditRow], attested: [AuditAttestation] = []) -> AuditChainReport {
    var verifier = AuditChainVerifier(Self.name, attested: attested, hash: Self.hash)
    for row in rows.enumerated().sorted(by: {
      ($0.element.link.sequence, $0.offset) < ($1.element.link.sequence, $1.offset)
    }) {
      verifier.examine(row.element)
    }
    return verifier.finish()
  }

  private func faults(_ rows: [AuditRow]) -> [AuditChainFault] { report(rows).faults }

  @Test("U2 a chain as it was written is intact, also an empty one and one that goes on after a restart")
  func intact() {
    let rows = rows(10)
    let whole = report(rows)
    #expect(whole.faults.isEmpty)
    #expect(whole.rows == 10 && whole.last == 10 && whole.head == rows[9].link.hash)
    #expect(report([]).faults.isEmpty)
    var resumed = AuditChain(Self.name, after: 9, head: rows[8].link.hash, hash: Self.hash)
    #expect(resumed.append(Array("entry 10".utf8)) == rows[9].link)
  }

  @Test("U2 a changed content is found and named")
  func changedContent() {
    var rows = rows(10)
    rows[4].payload = Array("entry five".utf8)
    #expect(faults(rows) == [.changed(5, .content)])
  }

  @Test("U2 a changed content with its hash changed likewise is found and named")
  func changedPayloadHash() {
    var rows = rows(10)
    rows[4].payload = Array("entry five".utf8)
    rows[4].link.payloadHash = Self.hash(Array("entry five".utf8))
    #expect(faults(rows) == [.changed(5, .link)])
  }

  @Test("U2 a row rewritten with all its hashes is found by the row after it")
  func rewritten() {
    var rows = rows(10)
    rows[4] = forged(rows[4], after: rows[3])
    #expect(faults(rows) == [.brokenLink(6)])
  }

  @Test("U2 a chain rewritten from a row on is found by a checkpoint")
  func rewrittenToTheEnd() {
    var rows = rows(10)
    let attested = AuditAttestation(checkpoint: 3, sequence: 8, hash: rows[7].link.hash)
    for index in 4..<10 { rows[index] = forged(rows[index], after: rows[index - 1]) }
    #expect(faults(rows).isEmpty)
    #expect(report(rows, attested: [attested]).faults == [.contradicted(8, checkpoint: 3)])
  }

  private func forged(_ row: AuditRow, after previous: AuditRow) -> AuditRow {
    var chain = AuditChain(
      Self.name, after: previous.link.sequence, head: previous.link.hash, hash: Self.hash)
    let payload = Array("forged".utf8)
    return AuditRow(link: chain.append(payload), payload: payload)
  }

  @Test("U2 dropped rows are found and named: first, middle, several")
  func dropped() {
    var rows = rows(10)
    rows.removeFirst()
    #expect(faults(rows) == [.dropped(1...1)])
    rows.removeSubrange(3...5)
    #expect(faults(rows) == [.dropped(1...1), .dropped(5...7)])
  }

  @Test("U2 a dropped row is found and named though the rows after it were renumbered")
  func droppedAndRenumbered() {
    var rows = rows(10)
    rows.remove(at: 4)
    for index in 4..<9 { rows[index].link.sequence -= 1 }
    #expect(faults(rows) == [.dropped(5...5), .moved(5...9, by: 1)])
  }

  @Test("U2 a doubled row is found and named: at the end, at its own place, in another row's place")
  func doubled() {
    var atEnd = rows(10)
    atEnd.append(atEnd[4])
    atEnd[10].link.sequence = 11
    #expect(faults(atEnd) == [.doubled(11, of: 5)])
    var atPlace = rows(10)
    atPlace.insert(atPlace[4], at: 5)
    #expect(faults(atPlace) == [.doubled(5, of: 5)])
    var inPlaceOfOther = rows(10)
    inPlaceOfOther[2] = inPlaceOfOther[6]
    inPlaceOfOther[2].link.sequence = 3
    #expect(faults(inPlaceOfOther) == [.doubled(3, of: 7), .dropped(3...3)])
  }

  @Test("U2 a row doubled between others, which were renumbered, is found and named")
  func doubledAndRenumbered() {
    var rows = rows(10)
    rows.insert(rows[4], at: 5)
    for index in 5..<11 { rows[index].link.sequence += 1 }
    #expect(faults(rows) == [.doubled(6, of: 5), .moved(7...11, by: -1)])
  }

  @Test("U2 swapped rows are found and named, neighbours or far apart", arguments: [(4, 5), (1, 8), (0, 9)])
  func swapped(_ a: Int, _ b: Int) {
    var rows = rows(10)
    rows.swapAt(a, b)
    rows[a].link.sequence = UInt64(a + 1)
    rows[b].link.sequence = UInt64(b + 1)
    #expect(faults(rows) == [.swapped(UInt64(a + 1), UInt64(b + 1))])
  }

  @Test("U2 swapped contents are found and named")
  func swappedContents() {
    var rows = rows(10)
    (rows[4].payload, rows[5].payload) = (rows[5].payload, rows[4].payload)
    #expect(faults(rows) == [.swapped(5, 6)])
  }

  @Test("U2 three rows in a circle are found and named")
  func rotated() {
    var rows = rows(10)
    rows[2...4] = [rows[3], rows[4], rows[2]]
    for index in 2...4 { rows[index].link.sequence = UInt64(index + 1) }
    #expect(faults(rows) == [.moved(3...4, by: 1), .moved(5...5, by: -2)])
  }

  @Test("U2 no bit of a row can be changed unseen")
  func everyBit() {
    let rows = rows(4)
    for index in rows.indices {
      for bit in stride(from: index, to: 256, by: 37) {
        for part in [\AuditLink.previous, \.payloadHash, \.hash] {
          var changed = rows
          var bytes = changed[index].link[keyPath: part].bytes
          bytes[bit / 8] ^= 1 << (bit % 8)
          changed[index].link[keyPath: part] = AuditDigest(bytes)!
          #expect(!faults(changed).isEmpty)
        }
      }
    }
  }

  @Test("U2 a chain verifies after retention has erased its oldest contents, and tells how far")
  func retention() {
    var rows = rows(10)
    for index in 0..<6 { rows[index].payload = nil }
    let report = report(rows)
    #expect(report.faults.isEmpty)
    #expect(report.erasedThrough == 6)
    rows[0].link.payloadHash = Self.hash([])
    #expect(faults(rows) == [.changed(1, .link)])
  }

  @Test("U2 a content erased out of turn is found and named")
  func erasedOutOfTurn() {
    var rows = rows(10)
    rows[0].payload = nil
    rows[6].payload = nil
    #expect(faults(rows) == [.contentMissing(7)])
  }

  @Test("U2 a tail cut off after a checkpoint is found and named, also if nothing is left")
  func truncated() {
    let rows = rows(10)
    let attested = [5, 10].map {
      AuditAttestation(checkpoint: UInt64($0 / 5), sequence: UInt64($0), hash: rows[$0 - 1].link.hash)
    }
    #expect(report(rows, attested: attested).faults.isEmpty)
    #expect(
      report(Array(rows.prefix(7)), attested: attested).faults
        == [.truncated(after: 7, attested: 10, checkpoint: 2)])
    #expect(report([], attested: attested).faults == [.truncated(after: 0, attested: 10, checkpoint: 2)])
  }

  @Test("U2 a chain passed off as that of another tenant is found")
  func otherTenant() {
    var verifier = AuditChainVerifier(
      AuditChainName(tenant: TenantID("other"), node: "node-1"), hash: Self.hash)
    for row in rows(3) { verifier.examine(row) }
    #expect(verifier.finish().faults == [.brokenLink(1)])
  }

  @Test("U2 sequences from a hostile database do no harm")
  func extremes() {
    var rows = rows(3)
    rows[1].link.sequence = 0
    rows[2].link.sequence = UInt64(Int64.max)
    #expect(!faults(rows).isEmpty)
  }
}
