/// Makes a STUN message (RFC 8489). Who has the key computes the integrity; here is only where it goes.
package struct STUNWriter {
  package static let fingerprintMask: UInt32 = 0x5354_554E
  package private(set) var bytes: [UInt8]

  /// - Parameter transaction: 12 bytes, with the magic cookie before them left out.
  package init(kind: UInt16, transaction: [UInt8]) {
    bytes = []
    bytes.reserveCapacity(128)
    append(big16: kind)
    append(big16: 0)
    append(big32: STUNMessage.magicCookie)
    bytes += transaction
  }

  /// An answer to a message: its transaction goes on.
  package init(kind: UInt16, answering request: UnsafeRawPointer) {
    self.init(kind: kind, transaction: Array(UnsafeRawBufferPointer(start: request + 8, count: 12)))
  }

  package mutating func add(_ type: UInt16, _ value: [UInt8] = []) {
    append(big16: type)
    append(big16: UInt16(truncatingIfNeeded: value.count))
    bytes += value
    while bytes.count & 3 != 0 { bytes.append(0) }
    setLength(bytes.count)
  }

  /// XOR-MAPPED-ADDRESS (section 14.2).
  /// - Parameter host: 4 or 16 bytes in network order.
  package mutating func addMappedAddress(host: [UInt8], port: UInt16) {
    let mask = bytes[4..<20]
    let masked = zip(host, mask).map { $0 ^ $1 }
    let maskedPort = port ^ UInt16(truncatingIfNeeded: STUNMessage.magicCookie >> 16)
    add(
      STUNMessage.Attribute.xorMappedAddress,
      [0, host.count == 4 ? 1 : 2, UInt8(maskedPort >> 8), UInt8(maskedPort & 0xFF)] + masked)
  }

  /// ERROR-CODE (section 14.8).
  package mutating func addError(_ code: Int, _ reason: String) {
    add(STUNMessage.Attribute.errorCode, [0, 0, UInt8(code / 100), UInt8(code % 100)] + reason.utf8)
  }

  /// MESSAGE-INTEGRITY over all so far.
  /// - Parameter hmac: HMAC-SHA1 of the bytes, 20 of them.
  package mutating func addIntegrity(_ hmac: ([UInt8]) -> [UInt8]) {
    setLength(bytes.count + 24)
    add(STUNMessage.Attribute.messageIntegrity, hmac(bytes))
  }

  /// FINGERPRINT, the last of all.
  package mutating func addFingerprint() {
    setLength(bytes.count + 8)
    let checksum = bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.map { CRC32.checksum($0, count: buffer.count) } ?? 0
    }
    let value = checksum ^ Self.fingerprintMask
    add(STUNMessage.Attribute.fingerprint, (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) })
  }

  private mutating func setLength(_ total: Int) {
    let length = total - STUNMessage.headerLength
    bytes[2] = UInt8(truncatingIfNeeded: length >> 8)
    bytes[3] = UInt8(truncatingIfNeeded: length)
  }

  private mutating func append(big16 value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }

  private mutating func append(big32 value: UInt32) {
    append(big16: UInt16(value >> 16))
    append(big16: UInt16(truncatingIfNeeded: value))
  }
}
