import Supervision

/// The heads of all chains at one time, to be signed: what was there then can't be dropped unseen.
///
/// Layout, version 1, integers big-endian: version UInt8 ‖ number UInt64 ‖ time Int64 (ms since 1970) ‖ H(statement
/// before; zeros for the first) ‖ H(public key in PEM) ‖ count UInt32 ‖ heads in the order of their names, each: length
/// UInt32 ‖ tenant ‖ length UInt32 ‖ node ‖ sequence UInt64 ‖ hash.
package struct AuditCheckpoint: Hashable, Sendable {
  package struct Head: Hashable, Sendable {
    package var name: AuditChainName
    package var sequence: UInt64
    package var hash: AuditDigest

    package init(name: AuditChainName, sequence: UInt64, hash: AuditDigest) {
      self.name = name
      self.sequence = sequence
      self.hash = hash
    }
  }

  /// From 1, without gaps.
  package var number: UInt64
  package var time: Int64
  package var previous: AuditDigest
  package var key: AuditDigest
  package var heads: [Head]

  package static let noPrevious = AuditDigest([UInt8](repeating: 0, count: AuditDigest.size))!

  package init(number: UInt64, time: Int64, previous: AuditDigest, key: AuditDigest, heads: [Head]) {
    self.number = number
    self.time = time
    self.previous = previous
    self.key = key
    self.heads = heads.sorted { $0.name < $1.name }
  }

  /// The bytes that are signed.
  package var statement: [UInt8] {
    var bytes: [UInt8] = [1] + number.bigEndianBytes + time.bigEndianBytes + previous.bytes + key.bytes
    bytes += UInt32(heads.count).bigEndianBytes
    for head in heads {
      for text in [head.name.tenant.value, head.name.node] {
        bytes += UInt32(text.utf8.count).bigEndianBytes + Array(text.utf8)
      }
      bytes += head.sequence.bigEndianBytes + head.hash.bytes
    }
    return bytes
  }

  /// nil unless the bytes are exactly a statement.
  package init?(statement bytes: [UInt8]) {
    var rest = bytes[...]
    func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func number<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
      take(Value.bitWidth / 8).flatMap { Value(bigEndianBytes: $0) }
    }
    func digest() -> AuditDigest? { take(AuditDigest.size).flatMap { AuditDigest(Array($0)) } }
    func text() -> String? {
      number(UInt32.self).flatMap { take(Int($0)) }.flatMap { String(validating: $0, as: UTF8.self) }
    }
    guard take(1)?.first == 1, let position = number(UInt64.self), let time = number(Int64.self),
      let previous = digest(), let key = digest(), let count = number(UInt32.self)
    else { return nil }
    var heads: [Head] = []
    for _ in 0..<count {
      guard let tenant = text(), let node = text(), let sequence = number(UInt64.self), let hash = digest()
      else { return nil }
      heads.append(
        Head(
          name: AuditChainName(tenant: TenantID(tenant), node: node), sequence: sequence, hash: hash))
    }
    self.init(number: position, time: time, previous: previous, key: key, heads: heads)
    guard statement == bytes else { return nil }
  }
}
