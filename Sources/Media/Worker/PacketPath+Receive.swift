import Audio
import CLinux
import Glibc
import RTP

extension PacketPath {
  /// Packets of a burst that are looked at when a peer is learned or a gate opened.
  private static let mostPending = 256

  /// Reads one datagram of a leg's RTP socket; what is left there is reported again.
  /// - Returns: whether there was one.
  @discardableResult
  func receive(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) -> Bool {
    guard leg.pointee.gate.isLearned else { return learn(leg, now: now) }
    let count = leg.pointee.rtp.receive(input, capacity: Self.packetCapacity)
    if count > 0 { accept(leg, count: count, now: now) } else { note(failure: count) }
    return count > 0
  }

  /// Reads all that waits at a leg, before its voice is let in somewhere: what came earlier isn't heard there.
  func drain(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) {
    for _ in 0..<Self.mostPending where !receive(leg, now: now) { return }
  }

  /// Reads one datagram of a leg that has no peer yet. The first one from a permitted host fixes the peer.
  private func learn(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) -> Bool {
    var sender = SocketAddress()
    var count = leg.pointee.rtp.receive(input, capacity: Self.packetCapacity, from: &sender)
    guard count > 0 else {
      note(failure: count)
      return false
    }
    guard leg.pointee.gate.admits(sender) else {
      refuse(leg)
      return true
    }
    guard (try? leg.pointee.rtp.connect(to: sender)) != nil else {
      counters.pointee.receiveErrors &+= 1
      return true
    }
    leg.pointee.gate.learn(sender)
    accept(leg, count: count, now: now)
    // What others sent before the kernel knew the peer is still in the queue.
    let peer = sender
    for _ in 0..<Self.mostPending {
      count = leg.pointee.rtp.receive(input, capacity: Self.packetCapacity, from: &sender)
      guard count > 0 else { break }
      if sender == peer { accept(leg, count: count, now: now) } else { refuse(leg) }
    }
    return true
  }

  private func refuse(_ leg: UnsafeMutablePointer<LegState>) {
    leg.pointee.strangers &+= 1
    counters.pointee.strangers &+= 1
  }

  /// - Parameter failure: a negative errno, or 0 for an empty datagram.
  private func note(failure: Int) {
    if failure < 0, failure != -Int(EAGAIN) { counters.pointee.receiveErrors &+= 1 }
  }

  /// A datagram of the peer: RTCP, or RTP to be counted and delivered.
  private func accept(_ leg: UnsafeMutablePointer<LegState>, count: Int, now: Nanoseconds) {
    counters.pointee.packetsReceived &+= 1
    if leg.pointee.isMultiplexed, RTCP.isRTCP(input, count: count) {
      takeReport(leg, bytes: input, count: count, now: now)
      return
    }
    guard count < Self.packetCapacity, let header = RTPHeader.parse(input, count: count),
      let content = content(leg, header.payloadType)
    else {
      leg.pointee.malformed &+= 1
      counters.pointee.malformed &+= 1
      return
    }
    if header.ssrc != leg.pointee.remoteSSRC {
      leg.pointee.remoteSSRC = header.ssrc
      leg.pointee.lostBefore = leg.pointee.packetsLost
      leg.pointee.reception = RTPSequence()
    }
    leg.pointee.packetsReceived &+= 1
    let arrival: RTPSequence.Arrival
    if content.kind == .event {
      arrival = leg.pointee.reception.update(sequence: header.sequence)
      takeKey(leg, header)
      // A supervisor's keys never reach anyone.
      guard leg.pointee.isCallLeg else { return }
    } else {
      arrival = leg.pointee.reception.update(
        sequence: header.sequence, timestamp: header.timestamp,
        arrival: UInt32(truncatingIfNeeded: now / .sample))
    }
    guard leg.pointee.voice != nil else {
      counters.pointee.gated &+= 1
      return
    }
    deliver(
      Packet(
        leg: leg, bytes: input, count: count, header: header, kind: content.kind, law: content.law,
        isLate: arrival == .reordered || arrival == .duplicate, isDuplicate: arrival == .duplicate,
        arrival: now, stream: leg.pointee.stream))
  }

  /// What a payload type carries on this leg; nil for one that wasn't negotiated. Both laws are always taken, under
  /// their static numbers: some peers change between them as the offer allows.
  private func content(
    _ leg: UnsafeMutablePointer<LegState>, _ payloadType: UInt8
  ) -> (kind: Packet.Kind, law: G711Law)? {
    if payloadType == leg.pointee.payloadType { return (.sound, leg.pointee.law) }
    if payloadType == leg.pointee.receivedEventPayloadType { return (.event, .mu) }
    switch payloadType {
    case 0: return (.sound, .mu)
    case 8: return (.sound, .a)
    case 13: return (.comfortNoise, .mu)
    default: return nil
    }
  }

  private func takeKey(_ leg: UnsafeMutablePointer<LegState>, _ header: RTPHeader) {
    guard let event = TelephoneEvent.parse(input + header.payloadOffset, count: header.payloadLength),
      let digit = leg.pointee.digits.receive(event, timestamp: header.timestamp)
    else { return }
    keys.pointee.append(digit, leg: leg.pointee.leg)
  }

  /// Gives a packet to each mix that its sender feeds: those of the call at once, those of supervisors later.
  private func deliver(_ packet: Packet) {
    var packet = packet
    var isAwaited = false
    var next = packet.leg.pointee.voice
    while let feed = next {
      next = feed.pointee.next
      if feed.pointee.mix.pointee.servesCall || !packet.leg.pointee.isCallLeg {
        deliver(&packet, to: feed)
      } else {
        isAwaited = true
      }
    }
    if isAwaited, !deferred.pointee.append(packet) { counters.pointee.shed &+= 1 }
  }

  /// Serves supervisors' rows with the packets of call legs.
  /// - Parameter deadline: nil: all of them.
  func serveSupervisors(until deadline: Nanoseconds?) {
    var served = 0
    while var packet = deferred.pointee.next(legs.pointee) {
      var next = packet.leg.pointee.voice
      while let feed = next {
        next = feed.pointee.next
        if !feed.pointee.mix.pointee.servesCall { deliver(&packet, to: feed) }
      }
      served &+= 1
      // The clock is asked now and then only.
      if let deadline, served & 15 == 0, Clock.monotonic() >= deadline { return }
    }
  }
}
