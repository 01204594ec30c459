/// Bytes that are no valid encoding of an audit entry.
package enum AuditEncodingFault: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case unknownVersion(UInt8)
  case unknownTag(UInt8)
  /// A field stands twice or before one of a lower tag.
  case outOfOrder(UInt8)
  /// The field's length goes beyond the end.
  case truncated(UInt8)
  case missing(UInt8)
  /// A value that the field's type doesn't allow.
  case badValue(UInt8)

  package var description: String {
    switch self {
    case .empty: "no bytes"
    case .unknownVersion(let version):
      "version \(version) is unknown here; a newer Earshot wrote it and can read it"
    case .unknownTag(let tag): "field \(tag) is unknown"
    case .outOfOrder(let tag): "field \(tag) is out of order or stands twice"
    case .truncated(let tag): "field \(tag) is cut off"
    case .missing(let tag): "field \(tag) is missing"
    case .badValue(let tag): "field \(tag) has a value that isn't allowed"
    }
  }
}

extension AuditEncoding {
  /// Takes exactly what `encode` gives and nothing else: whatever it returns is encoded to the same bytes again.
  package static func decode(_ bytes: [UInt8]) throws(AuditEncodingFault) -> AuditEntry {
    let reader = try AuditFieldReader(bytes)
    guard let action = action(code: try reader.required(.action, reader.code)) else {
      throw .badValue(Tag.action.rawValue)
    }
    var entry = AuditEntry(
      tenant: TenantID(try reader.required(.tenant, reader.text)),
      action: action,
      time: try reader.required(.time, reader.integer),
      origin: ActOrigin(
        channel: try reader.required(.originChannel, reader.text),
        address: try reader.required(.originAddress, reader.text),
        client: try reader.required(.originClient, reader.text)),
      outcome: try reader.required(.outcome, reader.text))
    entry.supervisor = try reader.text(.supervisor).map { UserID($0) }
    entry.supervisorName = try reader.text(.supervisorName)
    entry.call = try reader.text(.call).map { CallID($0) }
    entry.session = try reader.text(.session).map { SessionID($0) }
    entry.monitoredExtension = try reader.text(.monitoredExtension)
    entry.agent = try reader.text(.agent)
    entry.queue = try reader.text(.queue)
    entry.mode = try reader.mode(.mode)
    entry.previousMode = try reader.mode(.previousMode)
    entry.purpose = try reader.text(.purpose)
    entry.reason = try reader.text(.reason)
    entry.callClock = try reader.integer(.callClock)
    entry.started = try reader.integer(.started)
    entry.ended = try reader.integer(.ended)
    entry.spans = try reader.items(.spans, span)
    entry.proof = try reader.items(.proof, proof)
    return entry
  }

  /// Takes one span off the front; nil if the bytes don't begin with one.
  private static func span(_ bytes: inout ArraySlice<UInt8>) -> ModeSpan? {
    guard let mode = bytes.popFirst().flatMap(mode),
      let from = Int64(bigEndianBytes: bytes.prefix(8)),
      let to = Int64(bigEndianBytes: bytes.dropFirst(8).prefix(8))
    else { return nil }
    bytes = bytes.dropFirst(16)
    return ModeSpan(mode: mode, from: from, to: to)
  }

  /// Takes one proof off the front; nil if the bytes don't begin with one.
  private static func proof(_ bytes: inout ArraySlice<UInt8>) -> PrivacyProof? {
    guard let mode = bytes.popFirst().flatMap(mode), let role = bytes.popFirst().flatMap(role),
      let samples = UInt64(bigEndianBytes: bytes.prefix(8)),
      let length = UInt32(bigEndianBytes: bytes.dropFirst(8).prefix(4))
    else { return nil }
    bytes = bytes.dropFirst(12)
    guard bytes.count >= Int(length),
      let address = String(validating: bytes.prefix(Int(length)), as: UTF8.self)
    else { return nil }
    bytes = bytes.dropFirst(Int(length))
    return PrivacyProof(mode: mode, listener: role, address: address, samples: samples)
  }

  private static func action(code value: UInt8) -> AuditAction? {
    AuditAction.allCases.first { code($0) == value }
  }

  fileprivate static func mode(_ value: UInt8) -> SupervisionMode? {
    SupervisionMode.allCases.first { code($0) == value }
  }

  private static func role(_ value: UInt8) -> Role? {
    let roles: [Role] = [.customer, .agent, .supervisor, .player, .recorder, .analyser, .guard]
    return roles.first { code($0) == value }
  }
}

/// The fields of an encoding, cut apart and checked for order.
private struct AuditFieldReader {
  typealias Tag = AuditEncoding.Tag
  private var fields: [Tag: ArraySlice<UInt8>] = [:]

  init(_ bytes: [UInt8]) throws(AuditEncodingFault) {
    guard let version = bytes.first else { throw .empty }
    guard version == AuditEncoding.version else { throw .unknownVersion(version) }
    var rest = bytes.dropFirst()
    var last: UInt8 = 0
    while let number = rest.popFirst() {
      guard let tag = Tag(rawValue: number) else { throw .unknownTag(number) }
      guard number > last else { throw .outOfOrder(number) }
      guard let length = UInt32(bigEndianBytes: rest.prefix(4)), rest.count - 4 >= Int(length) else {
        throw .truncated(number)
      }
      fields[tag] = rest.dropFirst(4).prefix(Int(length))
      rest = rest.dropFirst(4 + Int(length))
      last = number
    }
  }

  func required<Value>(
    _ tag: Tag, _ read: (Tag) throws(AuditEncodingFault) -> Value?
  ) throws(AuditEncodingFault) -> Value {
    guard let value = try read(tag) else { throw .missing(tag.rawValue) }
    return value
  }

  func text(_ tag: Tag) throws(AuditEncodingFault) -> String? {
    guard let value = fields[tag] else { return nil }
    guard let text = String(validating: value, as: UTF8.self) else { throw .badValue(tag.rawValue) }
    return text
  }

  func integer(_ tag: Tag) throws(AuditEncodingFault) -> Int64? {
    guard let value = fields[tag] else { return nil }
    guard let integer = Int64(bigEndianBytes: value) else { throw .badValue(tag.rawValue) }
    return integer
  }

  func code(_ tag: Tag) throws(AuditEncodingFault) -> UInt8? {
    guard let value = fields[tag] else { return nil }
    guard value.count == 1 else { throw .badValue(tag.rawValue) }
    return value.first
  }

  func mode(_ tag: Tag) throws(AuditEncodingFault) -> SupervisionMode? {
    guard let value = try code(tag) else { return nil }
    guard let mode = AuditEncoding.mode(value) else { throw .badValue(tag.rawValue) }
    return mode
  }

  /// A list is never written empty, so an empty field is refused: each entry has one encoding.
  func items<Item>(
    _ tag: Tag, _ take: (inout ArraySlice<UInt8>) -> Item?
  ) throws(AuditEncodingFault) -> [Item] {
    guard var rest = fields[tag] else { return [] }
    guard !rest.isEmpty else { throw .badValue(tag.rawValue) }
    var items: [Item] = []
    while !rest.isEmpty {
      guard let item = take(&rest) else { throw .badValue(tag.rawValue) }
      items.append(item)
    }
    return items
  }
}
