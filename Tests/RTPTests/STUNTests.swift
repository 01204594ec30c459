import RTP
import Testing

/// The test vectors of RFC 5769.
enum STUNVectors {
  static let request = bytes(
    """
    000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74
    002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020
    000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf
    """)
  static let response = bytes(
    """
    0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
    002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96
    """)
  static let response6 = bytes(
    """
    010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
    002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41
    80280004c8fb0b4c
    """)

  static func bytes(_ text: String) -> [UInt8] {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "\n") }
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
    }
  }
}

@Suite("STUN (RFC 8489) as ICE needs it")
struct STUNTests {
  private func parse(_ bytes: [UInt8]) -> STUNMessage? {
    bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.flatMap { STUNMessage.parse($0, count: buffer.count) }
    }
  }

  @Test("I1 the request of RFC 5769 is read: name, integrity, role")
  func request() throws {
    let message = try #require(parse(STUNVectors.request))
    #expect(message.kind == STUNMessage.Kind.bindingRequest && message.isControlled && !message.usesCandidate)
    #expect(String(decoding: STUNVectors.request[message.username], as: UTF8.self) == "evtj:h6vY")
    #expect(message.integrity == 76 && message.unknownAttribute == 0)
  }

  @Test("I1 the responses of RFC 5769 are made, byte for byte but for the padding")
  func responses() throws {
    let request = STUNVectors.request
    for (expected, host): ([UInt8], [UInt8]) in [
      (STUNVectors.response, [192, 0, 2, 1]),
      (
        STUNVectors.response6,
        [0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]
      ),
    ] {
      let message = try #require(parse(expected))
      #expect(message.kind == STUNMessage.Kind.bindingSuccess)
      var writer = request.withUnsafeBytes {
        STUNWriter(kind: STUNMessage.Kind.bindingSuccess, answering: $0.baseAddress!)
      }
      writer.addMappedAddress(host: host, port: 32_853)
      #expect(writer.bytes[24...] == expected[message.mappedAddress])
      writer.addIntegrity { _ in [UInt8](repeating: 7, count: 20) }
      writer.addFingerprint()
      #expect(parse(writer.bytes)?.integrity == 24 + host.count + 4)
    }
  }

  @Test("I1 what is broken, cut or changed is no STUN")
  func broken() {
    for count in 0..<STUNVectors.request.count {
      #expect(parse(Array(STUNVectors.request.prefix(count))) == nil)
    }
    let checksum = STUNVectors.request.count - 8
    // Where no checksum is named any more, there is none to be wrong.
    for index in STUNVectors.request.indices where index != checksum && index != checksum + 1 {
      var changed = STUNVectors.request
      changed[index] ^= 0x10
      #expect(parse(changed) == nil, "byte \(index)")
    }
  }

  @Test("I1 random bytes behind a right header are read without harm")
  func random() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let words = Int.random(in: 0...40, using: &generator)
      var bytes = Array(STUNVectors.request.prefix(20))
      bytes[2] = 0
      bytes[3] = UInt8(words * 4)
      bytes += (0..<(words * 4)).map { _ in UInt8.random(in: 0...40, using: &generator) }
      guard let message = parse(bytes) else { continue }
      #expect(
        message.username.upperBound <= bytes.count && max(message.integrity, 20) <= max(bytes.count - 24, 20))
    }
  }

  @Test("I1 unknown attributes that must be understood are named")
  func unknown() throws {
    var writer = STUNWriter(kind: 1, transaction: [UInt8](repeating: 1, count: 12))
    writer.add(0x7001, [1, 2, 3])
    writer.add(0xC001, [1, 2, 3])
    #expect(parse(writer.bytes)?.unknownAttribute == 0x7001)
  }
}
