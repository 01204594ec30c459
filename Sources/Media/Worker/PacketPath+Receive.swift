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
    var count = leg.pointee.rtp.receive(input, capacity: Self.packetCapacity)
    guard count >= 0 else {
      note(failure: count)
      return false
    }
    if open(leg, input, &count) { accept(leg, input, count: count, now: now) }
    return true
  }

  /// Reads one datagram of a leg's RTP socket. It is served with the others in hand, once there are enough of them.
  func take(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) {
    guard leg.pointee.gate.isLearned else {
      learn(leg, now: now)
      return
    }
    let count = leg.pointee.rtp.receive(inHand.pointee.free, capacity: Self.packetCapacity)
    guard count >= 0 else { return note(failure: count) }
    inHand.pointee.append(leg, bytes: count)
    if inHand.pointee.isFull { serveInHand(now: now) }
  }

  /// Serves what `take` has read.
  func serveInHand(now: Nanoseconds) {
    prefetchInHand()
    for index in 0..<inHand.pointee.count {
      var packet = inHand.pointee[index]
      if open(packet.leg, packet.bytes, &packet.count) {
        accept(packet.leg, packet.bytes, count: packet.count, now: now)
      }
    }
    inHand.pointee.removeAll()
  }

  /// Reads all that waits at a leg, before its voice is let in somewhere: what came earlier isn't heard there.
  func drain(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) {
    for _ in 0..<Self.mostPending where !receive(leg, now: now) { return }
  }

  /// Reads one datagram of a leg that has no peer yet. The first one from a permitted host fixes the peer.
  @discardableResult
  private func learn(_ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds) -> Bool {
    var sender = SocketAddress()
    var count = leg.pointee.rtp.receive(input, capacity: Self.packetCapacity, from: &sender)
    guard count >= 0 else {
      note(failure: count)
      return false
    }
    guard leg.pointee.gate.admits(sender, now: now) else {
      refuse(leg)
      return true
    }
    // Whoever has the keys is the peer: nobody else is learned.
    guard open(leg, input, &count) else { return true }
    guard (try? leg.pointee.rtp.connect(to: sender)) != nil else {
      counters.pointee.receiveErrors &+= 1
      return true
    }
    leg.pointee.gate.learn(sender)
    accept(leg, input, count: count, now: now)
    // What others sent before the kernel knew the peer is still in the queue.
    let peer = sender
    for _ in 0..<Self.mostPending {
      count = leg.pointee.rtp.receive(input, capacity: Self.packetCapacity, from: &sender)
      guard count >= 0 else { break }
      if sender != peer {
        refuse(leg)
      } else if open(leg, input, &count) {
        accept(leg, input, count: count, now: now)
      }
    }
    return true
  }

  /// Opens what has come, in place, where the leg has keys.
  /// - Returns: false for what is forged, replayed or not protected: it is counted, and that is all.
  private func open(
    _ leg: UnsafeMutablePointer<LegState>, _ bytes: UnsafeMutableRawPointer, _ count: inout Int
  ) -> Bool {
    guard let crypt = leg.pointee.crypt else { return true }
    let isReport = leg.pointee.isMultiplexed && RTCP.isRTCP(bytes, count: count)
    let length = crypt.opening._withUnsafeGuaranteedRef {
      isReport ? $0.openReport(bytes, count: count) : $0.open(bytes, count: count)
    }
    guard length > 0 else {
      leg.pointee.malformed &+= 1
      counters.pointee.srtpFailures &+= 1
      return false
    }
    count = length
    return true
  }

  private func refuse(_ leg: UnsafeMutablePointer<LegState>) {
    leg.pointee.strangers &+= 1
    counters.pointee.strangers &+= 1
  }

  /// - Parameter failure: a negative errno.
  private func note(failure: Int) {
    if failure != -Int(EAGAIN) { counters.pointee.receiveErrors &+= 1 }
  }

  /// A datagram from the address of a browser: opened, in place, if it is his.
  func receive(
    sealed bytes: UnsafeMutableRawPointer, count: Int, _ leg: UnsafeMutablePointer<LegState>, now: Nanoseconds
  ) {
    let isReport = RTCP.isRTCP(bytes, count: count)
    let length =
      leg.pointee.secure?.opening?._withUnsafeGuaranteedRef {
        isReport ? $0.openReport(bytes, count: count) : $0.open(bytes, count: count)
      } ?? 0
    guard length > 0 else {
      leg.pointee.malformed &+= 1
      counters.pointee.srtpFailures &+= 1
      return
    }
    if isReport {
      counters.pointee.packetsReceived &+= 1
      takeReport(leg, bytes: bytes, count: length, now: now)
    } else {
      acceptSound(leg, bytes, count: length, now: now)
    }
  }

  /// A datagram of the peer: RTCP, or RTP to be counted and delivered.
  private func accept(
    _ leg: UnsafeMutablePointer<LegState>, _ bytes: UnsafeMutableRawPointer, count: Int, now: Nanoseconds
  ) {
    if leg.pointee.isMultiplexed, RTCP.isRTCP(bytes, count: count) {
      counters.pointee.packetsReceived &+= 1
      takeReport(leg, bytes: bytes, count: count, now: now)
      return
    }
    acceptSound(leg, bytes, count: count, now: now)
  }

  private func acceptSound(
    _ leg: UnsafeMutablePointer<LegState>, _ bytes: UnsafeMutableRawPointer, count: Int, now: Nanoseconds
  ) {
    counters.pointee.packetsReceived &+= 1
    guard count < Self.packetCapacity, var header = RTPHeader.parse(bytes, count: count),
      let content = content(leg, header.payloadType)
    else {
      leg.pointee.malformed &+= 1
      counters.pointee.malformed &+= 1
      return
    }
    if header.ssrc != leg.pointee.remoteSSRC {
      leg.pointee.remoteSSRC = header.ssrc
      leg.pointee.streams &+= 1
      leg.pointee.lostBefore = leg.pointee.packetsLost
      leg.pointee.expectedBefore = leg.pointee.packetsExpected
      leg.pointee.reception = RTPSequence()
      leg.pointee.decoder?._withUnsafeGuaranteedRef { $0.forget() }
    }
    leg.pointee.packetsReceived &+= 1
    if let decoder = leg.pointee.decoder {
      header.timestamp = decoder._withUnsafeGuaranteedRef { $0.unwrapped(header.timestamp) }
    }
    let arrival: RTPSequence.Arrival
    if content.kind == .event {
      arrival = leg.pointee.reception.update(sequence: header.sequence)
      takeKey(leg, bytes, header)
      // A supervisor's keys never reach anyone.
      guard leg.pointee.isCallLeg else { return }
    } else {
      arrival = leg.pointee.reception.update(
        sequence: header.sequence, timestamp: header.timestamp,
        arrival: UInt32(truncatingIfNeeded: now / .sample))
    }
    // A stray would carry each listener's numbers away with it, and no browser takes those before them again.
    guard arrival != .jumped else {
      counters.pointee.jumped &+= 1
      return
    }
    if arrival == .restarted { leg.pointee.streams &+= 1 }
    guard leg.pointee.voice != nil else {
      counters.pointee.gated &+= 1
      return
    }
    let isLate = arrival == .reordered || arrival == .duplicate
    var samples = content.kind == .sound ? header.payloadLength : 0
    var isDecoded = false
    if content.kind == .sound, content.coding.isStateful {
      // Behind the decoder it can only be passed on.
      isDecoded = !isLate && wantsSound(leg)
      samples =
        isDecoded
        ? decode(leg, bytes, count: count, header, content.coding, now: now)
        : skip(leg, bytes, header, isLate: isLate)
      guard samples > 0 else {
        leg.pointee.malformed &+= 1
        counters.pointee.malformed &+= 1
        return
      }
    }
    var packet = Packet(
      leg: leg, bytes: bytes, count: count, header: header, kind: content.kind, coding: content.coding,
      samples: samples, band: content.coding.isStateful ? leg.pointee.band : .narrow, isLate: isLate,
      isDuplicate: arrival == .duplicate, arrival: now,
      stream: leg.pointee.stream)
    packet.isDecoded = isDecoded
    if leg.pointee.meter.isOn, packet.canBeDecoded, samples > 0, samples <= Self.packetCapacity {
      decode(&packet)
      leg.pointee.meter.add(pcm, count: packet.band.samples(samples))
    }
    deliver(packet)
  }

  /// Whether somebody needs the samples of a leg: not where all who hear it get its packets as they are.
  private func wantsSound(_ leg: UnsafeMutablePointer<LegState>) -> Bool {
    if leg.pointee.meter.isOn { return true }
    var next = leg.pointee.voice
    while let feed = next {
      next = feed.pointee.next
      let mix = feed.pointee.mix
      guard mix.pointee.isRelay else { return true }
      for index in 0..<mix.pointee.listenerCount
      where mix.pointee.listeners[index].leg.pointee.coding != leg.pointee.coding { return true }
    }
    return false
  }

  /// Leaves a packet of a stateful coding as it is.
  /// - Returns: its length in samples at 8 kHz; 0 for what can't be understood.
  private func skip(
    _ leg: UnsafeMutablePointer<LegState>, _ bytes: UnsafeMutableRawPointer, _ header: RTPHeader, isLate: Bool
  ) -> Int {
    guard let decoder = leg.pointee.decoder else { return 0 }
    let payload = (bytes + header.payloadOffset).assumingMemoryBound(to: UInt8.self)
    return decoder._withUnsafeGuaranteedRef { decoder in
      if !isLate { decoder.skip() }
      return decoder.length(payload, count: header.payloadLength)
    }
  }

  /// Decodes a packet of a stateful coding into `pcm`. What is missing before it is made up for, and goes its way first.
  /// - Returns: its length in samples at 8 kHz; 0 for what can't be understood.
  private func decode(
    _ leg: UnsafeMutablePointer<LegState>, _ bytes: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader,
    _ coding: VoiceCoding, now: Nanoseconds
  ) -> Int {
    guard let decoder = leg.pointee.decoder else { return 0 }
    let payload = (bytes + header.payloadOffset).assumingMemoryBound(to: UInt8.self)
    return decoder._withUnsafeGuaranteedRef { decoder in
      let missing = decoder.missing(before: header.sequence)
      for back in stride(from: missing, to: 0, by: -1) {
        let samples =
          back == 1
          ? decoder.conceal(payload, count: header.payloadLength, into: pcm)
          : decoder.conceal(nil, count: 0, into: pcm)
        guard samples > 0 else { continue }
        var lost = header
        lost.marker = false
        lost.sequence &-= UInt16(back)
        lost.timestamp &-= UInt32(back &* samples)
        var packet = Packet(
          leg: leg, bytes: bytes, count: count, header: lost, kind: .sound, coding: coding, samples: samples,
          band: leg.pointee.band, isLate: false, isDuplicate: false, arrival: now, stream: leg.pointee.stream)
        packet.isDecoded = true
        packet.isConcealed = true
        deliver(packet)
      }
      return decoder.decode(payload, count: header.payloadLength, sequence: header.sequence, into: pcm)
    }
  }

  /// What a payload type carries on this leg; nil for one that wasn't negotiated. Both laws are always taken, under
  /// their static numbers: some peers change between them as the offer allows.
  private func content(
    _ leg: UnsafeMutablePointer<LegState>, _ payloadType: UInt8
  ) -> (kind: Packet.Kind, coding: VoiceCoding)? {
    if payloadType == leg.pointee.receivedPayloadType { return (.sound, leg.pointee.coding) }
    if payloadType == leg.pointee.receivedEventPayloadType { return (.event, .mu) }
    switch payloadType {
    case 0: return (.sound, .mu)
    case 8: return (.sound, .a)
    case 13: return (.comfortNoise, .mu)
    default: return nil
    }
  }

  private func takeKey(
    _ leg: UnsafeMutablePointer<LegState>, _ bytes: UnsafeRawPointer, _ header: RTPHeader
  ) {
    guard let event = TelephoneEvent.parse(bytes + header.payloadOffset, count: header.payloadLength),
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
    guard isAwaited else { return }
    guard packet.canBeDecoded else {
      counters.pointee.overtaken &+= 1
      return
    }
    if !deferred.pointee.append(packet, pcm: pcm) { counters.pointee.shed &+= 1 }
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
