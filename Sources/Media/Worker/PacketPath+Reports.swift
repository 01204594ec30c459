import CLinux
import Glibc
import RTP

extension PacketPath {
  /// Reads one datagram of a leg's RTCP socket. Only the peer's host is listened to, and of that only the port whose
  /// report came first.
  func receiveReport(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) {
    var sender = SocketAddress()
    var count = leg.pointee.rtcp.receive(input, capacity: Self.packetCapacity, from: &sender)
    guard count >= 0 else {
      if count != -Int(EAGAIN) { counters.pointee.receiveErrors &+= 1 }
      return
    }
    guard admitsReport(leg, from: sender, now: now) else {
      leg.pointee.strangers &+= 1
      counters.pointee.strangers &+= 1
      return
    }
    if let crypt = leg.pointee.crypt {
      count = crypt.opening._withUnsafeGuaranteedRef { $0.openReport(input, count: count) }
      guard count > 0 else {
        leg.pointee.malformed &+= 1
        counters.pointee.srtpFailures &+= 1
        return
      }
    }
    if takeReport(leg, bytes: input, count: count, now: now) {
      // Symmetric, as RTP is: behind a NAT the signalled port means nothing.
      leg.pointee.reportAddress = sender
      leg.pointee.isReportLearned = true
    }
  }

  private func admitsReport(
    _ leg: UnsafeMutablePointer<LegState>, from sender: SocketAddress, now: Nanoseconds
  ) -> Bool {
    if leg.pointee.isReportLearned { return sender == leg.pointee.reportAddress }
    let gate = leg.pointee.gate
    return gate.isLearned ? sender.hasSameHost(as: gate.peer) : gate.admits(sender, now: now)
  }

  /// Notes what a peer's RTCP says of its stream and ours (RFC 3550 section 6.4).
  @discardableResult
  func takeReport(
    _ leg: UnsafeMutablePointer<LegState>, bytes: UnsafeRawPointer, count: Int, now: Nanoseconds
  ) -> Bool {
    guard let received = RTCP.parse(bytes, count: count, reportOn: leg.pointee.numbering.ssrc) else {
      leg.pointee.malformed &+= 1
      counters.pointee.malformed &+= 1
      return false
    }
    // Of another source than the one that is heard it would only spoil the round trip.
    if let info = received.senderInfo, received.sender == leg.pointee.remoteSSRC {
      leg.pointee.reports.lastSenderReport = info.time.middle
      leg.pointee.reports.lastSenderReportAt = now
    }
    if let report = received.report {
      leg.pointee.reports.isKnown = true
      leg.pointee.reports.lost = report.cumulativeLost
      leg.pointee.reports.add(fractionLost: report.fractionLost)
      leg.pointee.reports.jitter = report.jitter / leg.pointee.coding.clock
      if let roundTrip = report.roundTrip(now: NTPTime(unixNanoseconds: Clock.wall())) {
        leg.pointee.reports.roundTrip = roundTrip
      }
    }
    return true
  }

  /// Sends a leg's sender report (a receiver report while nothing was sent), with a BYE at its end.
  /// - Parameter cname: RFC 3550 section 6.5.1.
  func sendReport(_ leg: UnsafeMutablePointer<LegState>, cname: String, bye: Bool, now: Nanoseconds) {
    let isMultiplexed = leg.pointee.isMultiplexed
    let destination = isMultiplexed ? leg.pointee.gate.destination : leg.pointee.reportAddress
    guard leg.pointee.secure.map(\.canSend) ?? destination.isReachable,
      leg.pointee.packetsSent > 0 || leg.pointee.packetsReceived > 0
    else {
      return
    }
    var sender: RTCP.SenderInfo?
    if leg.pointee.packetsSent > 0 {
      sender = RTCP.SenderInfo(
        time: NTPTime(unixNanoseconds: Clock.wall()),
        timestamp: leg.pointee.numbering.timestamp(at: now) &* leg.pointee.coding.clock,
        packets: UInt32(truncatingIfNeeded: leg.pointee.packetsSent),
        octets: UInt32(truncatingIfNeeded: leg.pointee.octetsSent))
    }
    var report: RTCP.ReportBlock?
    if leg.pointee.packetsReceived > 0 {
      let last = leg.pointee.reports.lastSenderReport
      let delay =
        last == 0 ? 0 : (now &- leg.pointee.reports.lastSenderReportAt) / 1_000 &* 65_536 / 1_000_000
      report = leg.pointee.reception.report(
        ssrc: leg.pointee.remoteSSRC, lastSenderReport: last, delay: UInt32(truncatingIfNeeded: delay))
      report?.jitter *= leg.pointee.coding.clock
    }
    var count = RTCP.write(
      output, capacity: Self.packetCapacity, ssrc: leg.pointee.numbering.ssrc, sender: sender, report: report,
      cname: cname, bye: bye)
    guard count > 0 else { return }
    var bytes = UnsafeRawPointer(output)
    if let crypt = leg.pointee.crypt {
      sealed.copyMemory(from: output, byteCount: count)
      count = crypt.sealing._withUnsafeGuaranteedRef { $0.sealReport(sealed, count: count) }
      guard count > 0 else { return }
      bytes = UnsafeRawPointer(sealed)
    }
    let sent: Int
    if let secure = leg.pointee.secure {
      sealed.copyMemory(from: output, byteCount: count)
      let length = secure.sealing?._withUnsafeGuaranteedRef { $0.sealReport(sealed, count: count) } ?? 0
      sent = length > 0 ? secure.socket.send(sealed, count: length, to: secure.peer) : -Int(EINVAL)
    } else if isMultiplexed, leg.pointee.gate.isLearned {
      sent = leg.pointee.rtp.send(bytes, count: count)
    } else {
      let socket = isMultiplexed ? leg.pointee.rtp : leg.pointee.rtcp
      sent = socket.send(bytes, count: count, to: destination)
    }
    if sent < 0 { counters.pointee.sendErrors &+= 1 }
  }
}
