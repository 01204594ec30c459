import RTP

@testable import Media

enum STUNFuzz {
  static func run(_ input: UnsafeRawBufferPointer) {
    guard let base = input.baseAddress else { return }
    check(base, input.count)
    // The same as the attributes of a message that is right up to its integrity: no fuzzer finds a hash.
    var generator = FuzzGenerator()
    let credentials = ICECredentials(&generator)
    var writer = STUNWriter(
      kind: STUNMessage.Kind.bindingRequest, transaction: [UInt8](repeating: 7, count: 12))
    writer.add(STUNMessage.Attribute.username, Array((credentials.fragment + ":peer").utf8))
    for record in FuzzRecords(input) where record.bytes.count >= 2 {
      writer.add(UInt16(record.bytes[0]) << 8 | UInt16(record.bytes[1]), Array(record.bytes[2...]))
    }
    writer.addIntegrity(credentials.authenticate)
    writer.addFingerprint()
    writer.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let message = check(base, bytes.count) else { return }
      let sender = SocketAddress("192.0.2.9", port: 5_000) ?? SocketAddress()
      for name in ["peer", "other"] where message.localFragment(base) == credentials.key {
        let answer = ICEAnswer(to: message, base, own: credentials, remoteFragment: name, sender: sender)
        precondition(!answer.isValid || name == "peer", "another's check was taken")
        answer.bytes.withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          precondition(STUNMessage.parse(base, count: bytes.count) != nil, "our answer is no STUN")
        }
      }
    }
  }

  @discardableResult
  private static func check(_ base: UnsafeRawPointer, _ count: Int) -> STUNMessage? {
    guard let message = STUNMessage.parse(base, count: count) else { return nil }
    precondition(message.username.upperBound <= count && message.mappedAddress.upperBound <= count)
    precondition(message.integrity == 0 || message.integrity + 24 <= count)
    _ = message.localFragment(base)
    if message.integrity > 0 { precondition(message.integrityInput(base).count == message.integrity) }
    return message
  }
}

/// The same numbers in every process.
struct FuzzGenerator: RandomNumberGenerator {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
