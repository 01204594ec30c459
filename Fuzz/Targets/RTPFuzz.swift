import RTP

enum RTPFuzz {
  static func run(_ input: UnsafeRawBufferPointer) {
    if let base = input.baseAddress { _ = RTPHeader.parse(base, count: input.count) }
    var sequence = RTPSequence()
    var digits = DigitDetector()
    var clock: UInt32 = 0
    for record in FuzzRecords(input) {
      guard let header = RTPHeader.parse(record.bytes) else { continue }
      precondition(header.payloadOffset >= RTPHeader.length && header.payloadLength >= 0)
      precondition(header.payloadOffset + header.payloadLength <= record.bytes.count, "beyond the packet")
      renumber(record.bytes, header)
      clock &+= UInt32(record.kind)
      _ = sequence.update(sequence: header.sequence, timestamp: header.timestamp, arrival: clock)
      precondition(sequence.expected >= 0, "\(sequence)")
      _ = sequence.report(ssrc: header.ssrc, lastSenderReport: clock, delay: clock)
      record.bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        let event = TelephoneEvent.parse(base + header.payloadOffset, count: header.payloadLength)
        if let event { _ = digits.receive(event, timestamp: header.timestamp) }
      }
    }
  }

  /// A packet with other numbers is the same packet in all else.
  private static func renumber(_ packet: [UInt8], _ header: RTPHeader) {
    var copy = packet
    copy.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      RTPHeader.rewrite(
        base, payloadType: 0x55, marker: !header.marker, sequence: ~header.sequence,
        timestamp: ~header.timestamp, ssrc: ~header.ssrc)
    }
    guard let again = RTPHeader.parse(copy) else { preconditionFailure("no packet any more") }
    precondition(again.payloadType == 0x55 && again.marker != header.marker)
    precondition(again.sequence == ~header.sequence && again.ssrc == ~header.ssrc)
    precondition(
      again.payloadOffset == header.payloadOffset && again.payloadLength == header.payloadLength)
    precondition(copy.dropFirst(RTPHeader.length) == packet.dropFirst(RTPHeader.length), "another payload")
  }
}

enum RTCPFuzz {
  /// Ours, as a report on us names it.
  private static let source: UInt32 = 0x6561_7273

  static func run(_ input: UnsafeRawBufferPointer) {
    guard let base = input.baseAddress else { return }
    guard let received = RTCP.parse(base, count: input.count, reportOn: source) else { return }
    precondition(RTCP.isRTCP(base, count: input.count), "taken for RTCP by one and not by the other")
    if let report = received.report {
      precondition(report.ssrc == source)
      let trip = report.roundTrip(now: NTPTime(seconds: report.lastSenderReport >> 16, fraction: .max))
      precondition(trip.map { $0 >= 0 && $0.isFinite } != false)
    }
    _ = received.senderInfo?.time.unixNanoseconds
    // What was read can be written, and says the same again.
    let cname = "fuzz@earshot"
    let capacity = RTCP.capacity(cname: cname)
    let output = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    defer { output.deallocate() }
    let count = RTCP.write(
      output, capacity: capacity, ssrc: received.sender, sender: received.senderInfo, report: received.report,
      cname: cname, bye: received.bye)
    precondition(count > 0 && count <= capacity)
    let again = RTCP.parse(output, count: count, reportOn: source)
    precondition(again == received, "\(received) was read again as \(String(describing: again))")
  }
}
