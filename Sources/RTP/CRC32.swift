/// The checksum of ISO 3309 and Ethernet, as STUN's FINGERPRINT takes it (RFC 8489, section 14.7).
package enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
  }

  package static func checksum(_ bytes: UnsafeRawPointer, count: Int) -> UInt32 {
    var value = UInt32.max
    table.withUnsafeBufferPointer { table in
      for index in 0..<count {
        let byte = UInt32(bytes.load(fromByteOffset: index, as: UInt8.self))
        value = table[Int((value ^ byte) & 0xFF)] ^ value >> 8
      }
    }
    return ~value
  }
}
