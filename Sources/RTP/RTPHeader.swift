/// The header of an RTP packet (RFC 3550, section 5.1), read and written in place. A plain value.
package struct RTPHeader: Hashable, Sendable {
  /// 0 … 127.
  package var payloadType: UInt8
  package var marker: Bool
  package var sequence: UInt16
  /// In units of the payload's clock (8,000 Hz for G.711).
  package var timestamp: UInt32
  package var ssrc: UInt32
  /// Bytes before the payload: the fixed header, CSRC list and extension.
  package var payloadOffset: Int
  /// Bytes of payload, padding taken off.
  package var payloadLength: Int

  /// Bytes of a header without CSRC list and extension, as `write` makes it.
  package static let length = 12

  @inlinable
  package init(
    payloadType: UInt8, marker: Bool = false, sequence: UInt16, timestamp: UInt32, ssrc: UInt32,
    payloadOffset: Int = RTPHeader.length, payloadLength: Int = 0
  ) {
    self.payloadType = payloadType
    self.marker = marker
    self.sequence = sequence
    self.timestamp = timestamp
    self.ssrc = ssrc
    self.payloadOffset = payloadOffset
    self.payloadLength = payloadLength
  }

  /// Reads the header of a datagram of any origin; nil for whatever is not well-formed RTP. Reads no byte
  /// beyond `count`. RTCP on the same port is told apart first, by `RTCP.isRTCP`.
  @inlinable
  package static func parse(_ bytes: UnsafeRawPointer, count: Int) -> RTPHeader? {
    guard count >= length else { return nil }
    let first = bytes.load(as: UInt8.self)
    guard first >> 6 == 2 else { return nil }
    var offset = length &+ Int(first & 0x0F) &* 4
    if first & 0x10 != 0 {
      guard count >= offset &+ 4 else { return nil }
      offset = offset &+ 4 &+ Int(bytes.big16(at: offset &+ 2)) &* 4
    }
    guard count >= offset else { return nil }
    var payload = count &- offset
    if first & 0x20 != 0 {
      guard payload > 0 else { return nil }
      let padding = Int(bytes.load(fromByteOffset: count &- 1, as: UInt8.self))
      guard padding > 0, padding <= payload else { return nil }
      payload = payload &- padding
    }
    let second = bytes.load(fromByteOffset: 1, as: UInt8.self)
    return RTPHeader(
      payloadType: second & 0x7F, marker: second & 0x80 != 0, sequence: bytes.big16(at: 2),
      timestamp: bytes.big32(at: 4), ssrc: bytes.big32(at: 8), payloadOffset: offset,
      payloadLength: payload)
  }

  /// Puts new numbers on a packet that `parse` accepted, and leaves its version, CSRC list, extension,
  /// padding and payload as they are: the whole of a relay's work.
  @inlinable
  package static func rewrite(
    _ bytes: UnsafeMutableRawPointer, payloadType: UInt8, marker: Bool, sequence: UInt16,
    timestamp: UInt32, ssrc: UInt32
  ) {
    bytes.storeBytes(
      of: (payloadType & 0x7F) | (marker ? 0x80 : 0), toByteOffset: 1, as: UInt8.self)
    bytes.store(big16: sequence, at: 2)
    bytes.store(big32: timestamp, at: 4)
    bytes.store(big32: ssrc, at: 8)
  }

  /// Writes the 12 bytes of a header without CSRC list, extension or padding.
  @inlinable
  package func write(_ bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: 0x80, as: UInt8.self)
    RTPHeader.rewrite(
      bytes, payloadType: payloadType, marker: marker, sequence: sequence, timestamp: timestamp,
      ssrc: ssrc)
  }
}

extension RTPHeader {
  /// `parse` of bytes that the compiler keeps alive.
  package static func parse(_ bytes: RawSpan) -> RTPHeader? {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return nil }
      return parse(base, count: buffer.count)
    }
  }

  package static func parse(_ bytes: [UInt8]) -> RTPHeader? {
    parse(bytes.span.bytes)
  }

  /// A whole packet with that payload.
  package func packet(_ payload: [UInt8]) -> [UInt8] {
    var packet = [UInt8](repeating: 0, count: RTPHeader.length)
    packet.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress { write(base) }
    }
    return packet + payload
  }
}
