extension RTCP {
  /// What a datagram of RTCP says that concerns a leg. A plain value, whatever the datagram holds.
  package struct Received: Hashable, Sendable {
    /// Who sent the first report or BYE.
    package var sender: UInt32
    /// From a sender report.
    package var senderInfo: SenderInfo?
    /// The report on the source that was asked for.
    package var report: ReportBlock?
    /// The sender says that it leaves.
    package var bye: Bool

    package init(
      sender: UInt32, senderInfo: SenderInfo? = nil, report: ReportBlock? = nil, bye: Bool = false
    ) {
      self.sender = sender
      self.senderInfo = senderInfo
      self.report = report
      self.bye = bye
    }
  }

  /// Reads a datagram of any origin; nil unless all of it is well-formed RTCP (appendix A.2), a reduced-size
  /// packet (RFC 5506) included. Reads no byte beyond `count`.
  /// - Parameter source: the SSRC that we send with, whose report is wanted.
  package static func parse(_ bytes: UnsafeRawPointer, count: Int, reportOn source: UInt32) -> Received? {
    guard count >= 8, count & 3 == 0 else { return nil }
    var result = Received(sender: 0)
    var offset = 0
    var isKnown = false
    while offset < count {
      guard count - offset >= 4 else { return nil }
      let first = bytes.load(fromByteOffset: offset, as: UInt8.self)
      let type = bytes.load(fromByteOffset: offset + 1, as: UInt8.self)
      let end = offset + 4 + Int(bytes.big16(at: offset + 2)) * 4
      guard first >> 6 == 2, type >= 192, type <= 223, end <= count else { return nil }
      let items = Int(first & 0x1F)
      var bodyEnd = end
      if first & 0x20 != 0 {
        // Only the last packet of a compound may be padded (section 6.4.1).
        let padding = Int(bytes.load(fromByteOffset: end - 1, as: UInt8.self))
        guard end == count, padding > 0, padding & 3 == 0, padding <= end - offset - 4 else { return nil }
        bodyEnd = end - padding
      }
      let body = offset + 4
      switch type {
      case PacketType.senderReport, PacketType.receiverReport:
        let isSender = type == PacketType.senderReport
        let blocks = body + (isSender ? 24 : 4)
        guard bodyEnd >= blocks + items * 24 else { return nil }
        if !isKnown { result.sender = bytes.big32(at: body) }
        isKnown = true
        if isSender { result.senderInfo = senderInfo(bytes + body + 4) }
        for index in 0..<items where bytes.big32(at: blocks + index * 24) == source {
          result.report = reportBlock(bytes + blocks + index * 24)
        }
      case PacketType.bye:
        guard bodyEnd >= body + items * 4 else { return nil }
        if items > 0, !isKnown {
          result.sender = bytes.big32(at: body)
          isKnown = true
        }
        result.bye = result.bye || items > 0
      default:
        break
      }
      offset = end
    }
    return result
  }

  /// Bytes that `write` needs at most for that CNAME.
  package static func capacity(cname: String) -> Int { 28 + 24 + 8 + 2 + cname.utf8.count + 4 + 8 }

  /// Writes a compound packet: a sender report (or, without `sender`, a receiver report), the CNAME, and a
  /// BYE if it is the last one (section 6.1).
  /// - Returns: its length; 0 if it does not fit, with nothing of use written.
  package static func write(
    _ bytes: UnsafeMutableRawPointer, capacity: Int, ssrc: UInt32, sender: SenderInfo?,
    report: ReportBlock?, cname: String, bye: Bool = false
  ) -> Int {
    let name = cname.utf8
    guard name.count <= 255, capacity >= Self.capacity(cname: cname) else { return 0 }
    let blocks: UInt8 = report == nil ? 0 : 1
    var end = 8
    if let sender {
      bytes.store(big32: sender.time.seconds, at: 8)
      bytes.store(big32: sender.time.fraction, at: 12)
      bytes.store(big32: sender.timestamp, at: 16)
      bytes.store(big32: sender.packets, at: 20)
      bytes.store(big32: sender.octets, at: 24)
      end = 28
    }
    if let report {
      write(report, bytes + end)
      end += 24
    }
    let type = sender == nil ? PacketType.receiverReport : PacketType.senderReport
    header(bytes, items: blocks, type: type, length: end)
    bytes.store(big32: ssrc, at: 4)

    let description = end
    bytes.store(big32: ssrc, at: end + 4)
    bytes.storeBytes(of: 1, toByteOffset: end + 8, as: UInt8.self)
    bytes.storeBytes(of: UInt8(name.count), toByteOffset: end + 9, as: UInt8.self)
    end += 10
    for byte in name {
      bytes.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
      end += 1
    }
    // A chunk ends with at least one zero and on a word (section 6.5).
    repeat {
      bytes.storeBytes(of: 0, toByteOffset: end, as: UInt8.self)
      end += 1
    } while end & 3 != 0
    header(bytes + description, items: 1, type: PacketType.sourceDescription, length: end - description)

    if bye {
      header(bytes + end, items: 1, type: PacketType.bye, length: 8)
      bytes.store(big32: ssrc, at: end + 4)
      end += 8
    }
    return end
  }

  private static func header(_ bytes: UnsafeMutableRawPointer, items: UInt8, type: UInt8, length: Int) {
    bytes.storeBytes(of: 0x80 | items, as: UInt8.self)
    bytes.storeBytes(of: type, toByteOffset: 1, as: UInt8.self)
    bytes.store(big16: UInt16(length / 4 - 1), at: 2)
  }

  private static func senderInfo(_ bytes: UnsafeRawPointer) -> SenderInfo {
    SenderInfo(
      time: NTPTime(seconds: bytes.big32(at: 0), fraction: bytes.big32(at: 4)),
      timestamp: bytes.big32(at: 8), packets: bytes.big32(at: 12), octets: bytes.big32(at: 16))
  }

  private static func reportBlock(_ bytes: UnsafeRawPointer) -> ReportBlock {
    let loss = bytes.big32(at: 4)
    return ReportBlock(
      ssrc: bytes.big32(at: 0), fractionLost: UInt8(loss >> 24),
      cumulativeLost: Int32(bitPattern: loss << 8) >> 8, extendedHighest: bytes.big32(at: 8),
      jitter: bytes.big32(at: 12), lastSenderReport: bytes.big32(at: 16),
      delaySinceLastSenderReport: bytes.big32(at: 20))
  }

  private static func write(_ report: ReportBlock, _ bytes: UnsafeMutableRawPointer) {
    let loss = UInt32(bitPattern: report.cumulativeLost) & 0xFF_FFFF
    bytes.store(big32: report.ssrc, at: 0)
    bytes.store(big32: UInt32(report.fractionLost) << 24 | loss, at: 4)
    bytes.store(big32: report.extendedHighest, at: 8)
    bytes.store(big32: report.jitter, at: 12)
    bytes.store(big32: report.lastSenderReport, at: 16)
    bytes.store(big32: report.delaySinceLastSenderReport, at: 20)
  }
}
