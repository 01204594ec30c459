/// 32 bytes of SHA-256.
package struct AuditDigest: Hashable, Sendable, CustomStringConvertible {
  package static let size = 32
  package let bytes: [UInt8]

  /// nil unless there are 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size else { return nil }
    self.bytes = bytes
  }

  /// Lower-case hex.
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// SHA-256, given from outside because the domain has no cryptography of its own.
package typealias AuditHash = @Sendable ([UInt8]) -> AuditDigest

/// What binds an entry to all entries before it. The payload itself isn't part of it, only its hash: it may be erased
/// when its time of retention is over, and the chain still verifies.
package struct AuditLink: Hashable, Sendable {
  /// From 1, without gaps.
  package var sequence: UInt64
  /// `hash` of the link before; the genesis for the first.
  package var previous: AuditDigest
  /// H(payload), the payload being the bytes of `AuditEncoding`.
  package var payloadHash: AuditDigest
  /// H(previous ‖ sequence as UInt64, big-endian ‖ payloadHash).
  package var hash: AuditDigest

  package init(sequence: UInt64, previous: AuditDigest, payloadHash: AuditDigest, hash: AuditDigest) {
    self.sequence = sequence
    self.previous = previous
    self.payloadHash = payloadHash
    self.hash = hash
  }

  package static func hash(
    previous: AuditDigest, sequence: UInt64, payloadHash: AuditDigest, by hash: AuditHash
  ) -> AuditDigest {
    hash(previous.bytes + sequence.bigEndianBytes + payloadHash.bytes)
  }
}

/// Whose chain it is: there is one per tenant and node.
package struct AuditChainName: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  package var tenant: TenantID
  package var node: String

  package init(tenant: TenantID, node: String) {
    self.tenant = tenant
    self.node = node
  }

  package var description: String { "\(tenant)@\(node)" }

  package static func < (a: Self, b: Self) -> Bool {
    (a.tenant.value, a.node) < (b.tenant.value, b.node)
  }
}

/// The hash-linked line of one tenant's entries on one node (U2), as far as it must be known to go on with it.
package struct AuditChain: Sendable {
  package let name: AuditChainName
  /// Of the last link; 0 while there is none.
  package private(set) var sequence: UInt64
  /// `hash` of the last link; the genesis while there is none.
  package private(set) var head: AuditDigest
  private let hash: AuditHash

  /// A chain without entries.
  package init(_ name: AuditChainName, hash: @escaping AuditHash) {
    self.init(name, after: 0, head: Self.genesis(of: name, by: hash), hash: hash)
  }

  /// A chain that goes on behind a link known already.
  package init(_ name: AuditChainName, after sequence: UInt64, head: AuditDigest, hash: @escaping AuditHash) {
    self.name = name
    self.sequence = sequence
    self.head = head
    self.hash = hash
  }

  /// Links a payload to all before it.
  package mutating func append(_ payload: [UInt8]) -> AuditLink {
    let payloadHash = hash(payload)
    let next = sequence + 1
    let link = AuditLink(
      sequence: next, previous: head, payloadHash: payloadHash,
      hash: AuditLink.hash(previous: head, sequence: next, payloadHash: payloadHash, by: hash))
    sequence = next
    head = link.hash
    return link
  }

  /// What the first link follows on: H("earshot audit chain 1" ‖ 0 ‖ tenant ‖ 0 ‖ node), texts as UTF-8. It binds the
  /// chain to its owner, so that a chain can't be passed off as that of another tenant.
  package static func genesis(of name: AuditChainName, by hash: AuditHash) -> AuditDigest {
    hash(
      Array("earshot audit chain 1".utf8) + [0] + Array(name.tenant.value.utf8) + [0] + Array(name.node.utf8))
  }
}
