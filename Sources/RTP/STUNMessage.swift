/// A STUN message (RFC 8489) of any origin, read in place: where things are in it, and what ICE (RFC 8445) wants to
/// know. A plain value; nothing in it is believed before the integrity has been checked.
package struct STUNMessage: Hashable, Sendable {
  /// Method and class together, as they stand in the first two bytes.
  package enum Kind {
    package static let bindingRequest: UInt16 = 0x0001
    package static let bindingIndication: UInt16 = 0x0011
    package static let bindingSuccess: UInt16 = 0x0101
    package static let bindingError: UInt16 = 0x0111
  }

  package enum Attribute {
    package static let mappedAddress: UInt16 = 0x0001
    package static let username: UInt16 = 0x0006
    package static let messageIntegrity: UInt16 = 0x0008
    package static let errorCode: UInt16 = 0x0009
    package static let unknownAttributes: UInt16 = 0x000A
    package static let xorMappedAddress: UInt16 = 0x0020
    package static let priority: UInt16 = 0x0024
    package static let useCandidate: UInt16 = 0x0025
    package static let software: UInt16 = 0x8022
    package static let fingerprint: UInt16 = 0x8028
    package static let iceControlled: UInt16 = 0x8029
    package static let iceControlling: UInt16 = 0x802A
  }

  package static let headerLength = 20
  package static let magicCookie: UInt32 = 0x2112_A442
  /// Attributes of the longest message that is read.
  private static let mostAttributes = 32

  package var kind: UInt16
  /// Offsets of the user name's bytes; empty if there is none.
  package var username: Range<Int> = 0..<0
  /// Offset of the MESSAGE-INTEGRITY attribute; 0 if there is none.
  package var integrity = 0
  package var usesCandidate = false
  /// The peer believes that it is the controlled side.
  package var isControlled = false
  /// The first attribute that must be understood and isn't; 0 if there is none.
  package var unknownAttribute: UInt16 = 0
  /// Offset and length of the first XOR-MAPPED-ADDRESS; empty if there is none.
  package var mappedAddress: Range<Int> = 0..<0
  /// Of ERROR-CODE; 0 if there is none.
  package var errorCode = 0

  /// Whether a datagram is STUN as far as its first bytes show (RFC 7983 and the magic cookie).
  @inlinable
  package static func isSTUN(_ bytes: UnsafeRawPointer, count: Int) -> Bool {
    count >= headerLength && bytes.load(as: UInt8.self) < 4 && bytes.big32(at: 4) == magicCookie
      && Int(bytes.big16(at: 2)) &+ headerLength == count && count & 3 == 0
  }

  /// Reads a message; nil for whatever is not well-formed. A FINGERPRINT, where there is one, has to be last and
  /// right. Attributes after MESSAGE-INTEGRITY count for nothing (RFC 8489, section 14.5). Reads no byte beyond
  /// `count`.
  package static func parse(_ bytes: UnsafeRawPointer, count: Int) -> STUNMessage? {
    guard isSTUN(bytes, count: count) else { return nil }
    var message = STUNMessage(kind: bytes.big16(at: 0))
    var offset = headerLength
    for _ in 0..<mostAttributes {
      guard offset < count else { return message }
      guard count - offset >= 4 else { return nil }
      let type = bytes.big16(at: offset)
      let length = Int(bytes.big16(at: offset + 2))
      let value = offset + 4
      let next = value + (length + 3) & ~3
      guard next <= count else { return nil }
      if type == Attribute.fingerprint {
        guard length == 4, next == count else { return nil }
        guard bytes.big32(at: value) == CRC32.checksum(bytes, count: offset) ^ STUNWriter.fingerprintMask
        else { return nil }
      } else if message.integrity == 0 {
        guard message.take(type, bytes, at: offset, value..<(value + length)) else { return nil }
      }
      offset = next
    }
    return offset == count ? message : nil
  }

  private mutating func take(
    _ type: UInt16, _ bytes: UnsafeRawPointer, at offset: Int, _ value: Range<Int>
  ) -> Bool {
    switch type {
    case Attribute.username: if username.isEmpty { username = value }
    case Attribute.messageIntegrity:
      guard value.count == 20 else { return false }
      integrity = offset
    case Attribute.useCandidate: usesCandidate = true
    case Attribute.iceControlled: isControlled = true
    case Attribute.xorMappedAddress: if mappedAddress.isEmpty { mappedAddress = value }
    case Attribute.errorCode:
      guard value.count >= 4 else { return false }
      errorCode =
        Int(bytes.load(fromByteOffset: value.lowerBound + 2, as: UInt8.self) & 7) * 100
        + Int(bytes.load(fromByteOffset: value.lowerBound + 3, as: UInt8.self))
    case Attribute.mappedAddress, Attribute.priority, Attribute.unknownAttributes: break
    default: if type < 0x8000, unknownAttribute == 0 { unknownAttribute = type }
    }
    return true
  }

  private init(kind: UInt16) { self.kind = kind }

  /// The local part of the user name (before the colon) if it has just eight bytes: how Earshot names its legs. The
  /// cheap look before anything is computed.
  package func localFragment(_ bytes: UnsafeRawPointer) -> UInt64? {
    guard username.count > 9, username.count <= 513,
      bytes.load(fromByteOffset: username.lowerBound + 8, as: UInt8.self) == UInt8(ascii: ":")
    else { return nil }
    return bytes.loadUnaligned(fromByteOffset: username.lowerBound, as: UInt64.self)
  }

  /// The bytes that MESSAGE-INTEGRITY covers, with the length field that it has to be computed with.
  package func integrityInput(_ bytes: UnsafeRawPointer) -> [UInt8] {
    var covered = Array(UnsafeRawBufferPointer(start: bytes, count: integrity))
    let length = integrity + 24 - Self.headerLength
    covered[2] = UInt8(truncatingIfNeeded: length >> 8)
    covered[3] = UInt8(truncatingIfNeeded: length)
    return covered
  }
}
