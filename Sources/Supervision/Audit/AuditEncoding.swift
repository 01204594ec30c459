/// The bytes of an `AuditEntry` in the chain, version 1. They are for ever: nothing here may change its meaning.
///
/// One byte of version (1), then fields in strictly ascending order of their tags, each
/// `tag: UInt8 ‖ length: UInt32 ‖ value: length bytes`. All integers are big-endian, signed ones in two's complement.
/// Text is UTF-8 as given. An optional that is nil and a list that is empty have no field; an empty text has one of
/// length 0. So each entry has exactly one encoding, and each valid encoding is that of exactly one entry.
/// Docs/AuditFormat.md tells the same for those who write a reader of their own.
package enum AuditEncoding {
  package static let version: UInt8 = 1

  /// Number and type of each field. A field added later takes the next free number and a new version.
  package enum Tag: UInt8, CaseIterable, Sendable {
    /// Text, required.
    case tenant = 1
    /// Code of one byte, required.
    case action = 2
    /// Int64, ms since 1970, required.
    case time = 3
    /// Text.
    case supervisor = 4
    case supervisorName = 5
    case call = 6
    case session = 7
    case monitoredExtension = 8
    case agent = 9
    case queue = 10
    /// Code of one byte.
    case mode = 11
    case previousMode = 12
    /// Text.
    case purpose = 13
    case reason = 14
    /// Text, required.
    case originChannel = 15
    case originAddress = 16
    case originClient = 17
    case outcome = 18
    /// Int64, ms on the call clock.
    case callClock = 19
    /// Int64, ms since 1970.
    case started = 20
    case ended = 21
    /// Items of 17 bytes: mode code, from Int64, to Int64.
    case spans = 22
    /// Items: mode code, role code, samples UInt64, length of address UInt32, address as text.
    case proof = 23
  }

  package static func encode(_ entry: AuditEntry) -> [UInt8] {
    var writer = AuditFieldWriter(version: version)
    writer.text(.tenant, entry.tenant.value)
    writer.code(.action, code(entry.action))
    writer.integer(.time, entry.time)
    writer.text(.supervisor, entry.supervisor?.value)
    writer.text(.supervisorName, entry.supervisorName)
    writer.text(.call, entry.call?.value)
    writer.text(.session, entry.session?.value)
    writer.text(.monitoredExtension, entry.monitoredExtension)
    writer.text(.agent, entry.agent)
    writer.text(.queue, entry.queue)
    writer.code(.mode, entry.mode.map(code))
    writer.code(.previousMode, entry.previousMode.map(code))
    writer.text(.purpose, entry.purpose)
    writer.text(.reason, entry.reason)
    writer.text(.originChannel, entry.origin.channel)
    writer.text(.originAddress, entry.origin.address)
    writer.text(.originClient, entry.origin.client)
    writer.text(.outcome, entry.outcome)
    writer.integer(.callClock, entry.callClock)
    writer.integer(.started, entry.started)
    writer.integer(.ended, entry.ended)
    if !entry.spans.isEmpty { writer.field(.spans, entry.spans.flatMap(bytes)) }
    if !entry.proof.isEmpty { writer.field(.proof, entry.proof.flatMap(bytes)) }
    return writer.bytes
  }

  private static func bytes(_ span: ModeSpan) -> [UInt8] {
    [code(span.mode)] + UInt64(bitPattern: span.from).bigEndianBytes
      + UInt64(bitPattern: span.to).bigEndianBytes
  }

  private static func bytes(_ proof: PrivacyProof) -> [UInt8] {
    let address = Array(proof.address.utf8)
    return [code(proof.mode), code(proof.listener)] + proof.samples.bigEndianBytes
      + UInt32(address.count).bigEndianBytes + address
  }

  // The codes are spelt out rather than taken from the enumerations, so that renaming a case can't change the bytes.

  package static func code(_ action: AuditAction) -> UInt8 {
    switch action {
    case .opened: 1
    case .modeChanged: 2
    case .closed: 3
    case .refused: 4
    case .abandoned: 5
    case .agentReleased: 6
    case .interrupted: 7
    case .started: 8
    case .stopped: 9
    case .cued: 10
    case .transferred: 11
    }
  }

  package static func code(_ mode: SupervisionMode) -> UInt8 {
    switch mode {
    case .listen: 1
    case .whisper: 2
    case .barge: 3
    case .takeover: 4
    }
  }

  package static func code(_ role: Role) -> UInt8 {
    switch role {
    case .customer: 1
    case .agent: 2
    case .supervisor: 3
    case .player: 4
    case .recorder: 5
    case .analyser: 6
    case .guard: 7
    }
  }
}

/// Puts fields one after the other; the caller keeps their order.
private struct AuditFieldWriter {
  private(set) var bytes: [UInt8]

  init(version: UInt8) {
    bytes = [version]
    bytes.reserveCapacity(256)
  }

  mutating func field(_ tag: AuditEncoding.Tag, _ value: some Collection<UInt8>) {
    bytes.append(tag.rawValue)
    bytes += UInt32(value.count).bigEndianBytes
    bytes += value
  }

  mutating func text(_ tag: AuditEncoding.Tag, _ value: String?) {
    if let value { field(tag, value.utf8) }
  }

  mutating func code(_ tag: AuditEncoding.Tag, _ value: UInt8?) {
    if let value { field(tag, CollectionOfOne(value)) }
  }

  mutating func integer(_ tag: AuditEncoding.Tag, _ value: Int64?) {
    if let value { field(tag, UInt64(bitPattern: value).bigEndianBytes) }
  }
}

extension FixedWidthInteger {
  /// Most significant byte first: network order.
  package var bigEndianBytes: [UInt8] {
    stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> Self($0)) }
  }

  /// nil unless there are exactly as many bytes as the integer has.
  package init?(bigEndianBytes bytes: some Collection<UInt8>) {
    guard bytes.count == Self.bitWidth / 8 else { return nil }
    self = bytes.reduce(0) { ($0 << 8) | Self(truncatingIfNeeded: $1) }
  }
}
