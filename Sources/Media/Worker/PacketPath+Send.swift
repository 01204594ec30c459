import Audio
import CLinux
import Glibc
import RTP

extension PacketPath {
  /// Passes a packet on untouched to everybody who gets this mix. Only the numbers are ours; the payload is
  /// transcoded where a listener's codec differs.
  func pass(_ packet: Packet, from feed: UnsafeMutablePointer<Feed>) {
    let mix = feed.pointee.mix
    var packet = packet
    var encoded = EncodedBlock()
    var sound: UnsafePointer<Int16>?
    for index in 0..<mix.pointee.listenerCount {
      let listener = mix.pointee.listeners[index]
      let isSent = pass(&packet, from: feed, to: listener.leg, &encoded, &sound)
      if isSent, feed.pointee.isSupervisor {
        listener.proof[feed.pointee.index] &+= UInt64(packet.samples)
      }
    }
  }

  private func pass(
    _ packet: inout Packet, from feed: UnsafeMutablePointer<Feed>, to leg: UnsafeMutablePointer<LegState>,
    _ encoded: inout EncodedBlock, _ sound: inout UnsafePointer<Int16>?
  ) -> Bool {
    guard leg.pointee.isListening else {
      leg.pointee.numbering.detach()
      return false
    }
    let header = packet.header
    var payloadType: UInt8
    switch packet.kind {
    case .sound: payloadType = leg.pointee.payloadType
    case .comfortNoise: payloadType = header.payloadType
    case .event: payloadType = leg.pointee.eventPayloadType
    }
    let isSame = packet.kind != .sound || packet.coding == leg.pointee.coding
    if packet.isConcealed, isSame {
      // Whoever gets the packets as they are bridges the gap himself.
      return false
    }
    let isOut =
      payloadType == LegState.noPayloadType || packet.kind == .comfortNoise && leg.pointee.secure != nil
      // Neither an encoder nor a decoder can go back.
      || !isSame && (!packet.canBeDecoded || packet.isLate && leg.pointee.coding.isStateful)
    guard !isOut else {
      leg.pointee.numbering.skip(source: packet.stream, sequence: header.sequence)
      return false
    }
    let numbers = leg.pointee.numbering.map(
      source: packet.stream, sequence: header.sequence, timestamp: header.timestamp,
      samples: packet.kind == .event ? 0 : max(packet.samples, 1), now: packet.arrival)
    guard let numbers else {
      counters.pointee.overtaken &+= 1
      return false
    }
    payloadType &= 0x7F
    var bytes = packet.bytes
    var (count, length) = (packet.count, header.payloadLength)
    if !isSame, let from = packet.coding.law, let to = leg.pointee.coding.law {
      bytes = output
      output.copyMemory(from: packet.bytes, byteCount: packet.count)
      let payload = (output + header.payloadOffset).assumingMemoryBound(to: UInt8.self)
      tables.transcode(from: from, to: to, payload, count: header.payloadLength, into: payload)
    } else if !isSame {
      // Converted once: a converter goes on where it stopped.
      let samples = sound ?? self.sound(of: &packet, for: feed)
      sound = samples
      length = encode(
        samples, count: packet.samples, leg.pointee.coding, feed.pointee.mix.pointee.encoders, &encoded)
      guard length > 0 else { return false }
      bytes = output
      count = RTPHeader.length &+ length
      RTPHeader(payloadType: payloadType, sequence: 0, timestamp: 0, ssrc: 0).write(output)
      (output + RTPHeader.length).copyMemory(from: encodings(leg.pointee.coding), byteCount: length)
    } else if packet.kind == .event, packet.leg.pointee.coding.clock != leg.pointee.coding.clock {
      bytes = output
      output.copyMemory(from: packet.bytes, byteCount: packet.count)
      rescaleKey(output + header.payloadOffset, count: length, from: packet.leg, to: leg)
    }
    RTPHeader.rewrite(
      bytes, payloadType: payloadType, marker: header.marker, sequence: numbers.sequence,
      timestamp: numbers.timestamp &* leg.pointee.coding.clock, ssrc: leg.pointee.numbering.ssrc)
    return send(bytes, count: count, payload: length, to: leg)
  }

  /// The duration of a key in ticks of the listener's clock; what has no room in 16 bits stays at the most.
  private func rescaleKey(
    _ payload: UnsafeMutableRawPointer, count: Int, from sender: UnsafeMutablePointer<LegState>,
    to listener: UnsafeMutablePointer<LegState>
  ) {
    guard var event = TelephoneEvent.parse(payload, count: count) else { return }
    let duration =
      UInt32(event.duration) / sender.pointee.coding.clock &* listener.pointee.coding.clock
    event.duration = UInt16(clamping: duration)
    event.write(payload)
  }

  private func encodings(_ coding: VoiceCoding) -> UnsafeMutablePointer<UInt8> {
    encodings + Int(coding.rawValue) &* Self.packetCapacity
  }

  /// Encodes once for each coding.
  /// - Parameter count: length, in samples at 8 kHz.
  /// - Returns: bytes; 0 if it can't be done.
  private func encode(
    _ samples: UnsafePointer<Int16>, count: Int, _ coding: VoiceCoding, _ encoders: Unmanaged<MixEncoders>,
    _ encoded: inout EncodedBlock
  ) -> Int {
    if encoded[coding] >= 0 { return encoded[coding] }
    let payload = encodings(coding)
    if let law = coding.law {
      tables.encode(law, samples, count: count, into: payload)
      encoded[coding] = count
    } else {
      encoded[coding] = encoders._withUnsafeGuaranteedRef {
        $0.encode(coding, samples, count: count, into: payload, capacity: Self.packetCapacity)
      }
    }
    counters.pointee.encoded &+= 1
    return encoded[coding]
  }

  /// Sends the finished block (in `block`) under the numbers of the packet that paces it.
  func send(block count: Int, of mix: UnsafeMutablePointer<MixState>, packet: Packet) {
    var encoded = EncodedBlock()
    for index in 0..<mix.pointee.listenerCount {
      let listener = mix.pointee.listeners[index]
      guard listener.leg.pointee.isListening else {
        listener.leg.pointee.numbering.detach()
        continue
      }
      let numbers = listener.leg.pointee.numbering.map(
        source: packet.stream, sequence: packet.header.sequence, timestamp: packet.header.timestamp,
        samples: count, now: packet.arrival)
      guard let numbers else {
        counters.pointee.overtaken &+= 1
        continue
      }
      send(block: count, of: mix, to: listener, numbers, marker: packet.header.marker, &encoded)
    }
  }

  /// Sends the finished block as one of our own making.
  func send(block count: Int, of mix: UnsafeMutablePointer<MixState>, now: Nanoseconds) {
    var encoded = EncodedBlock()
    for index in 0..<mix.pointee.listenerCount {
      let listener = mix.pointee.listeners[index]
      guard listener.leg.pointee.isListening else {
        listener.leg.pointee.numbering.detach()
        continue
      }
      let numbers = listener.leg.pointee.numbering.generate(samples: count, now: now)
      send(block: count, of: mix, to: listener, numbers, marker: false, &encoded)
    }
  }

  /// Encodes once for each coding, sends, and counts the proof of what was in it.
  private func send(
    block count: Int, of mix: UnsafeMutablePointer<MixState>, to listener: Listener,
    _ numbers: (sequence: UInt16, timestamp: UInt32), marker: Bool, _ encoded: inout EncodedBlock
  ) {
    let leg = listener.leg
    let length = encode(block, count: count, leg.pointee.coding, mix.pointee.encoders, &encoded)
    guard length > 0 else { return }
    RTPHeader(
      payloadType: leg.pointee.payloadType, marker: marker, sequence: numbers.sequence,
      timestamp: numbers.timestamp &* leg.pointee.coding.clock, ssrc: leg.pointee.numbering.ssrc
    ).write(output)
    (output + RTPHeader.length).copyMemory(from: encodings(leg.pointee.coding), byteCount: length)
    guard send(output, count: RTPHeader.length &+ length, payload: length, to: leg) else { return }
    let feeds = mix.pointee.feeds
    for index in 0..<mix.pointee.feedCount where feeds[index].isSupervisor {
      listener.proof[index] &+= UInt64(feeds[index].contributed)
    }
  }

  /// - Returns: whether the kernel took it.
  private func send(
    _ bytes: UnsafeRawPointer, count: Int, payload: Int, to leg: UnsafeMutablePointer<LegState>
  ) -> Bool {
    var (bytes, count) = (bytes, count)
    if let crypt = leg.pointee.crypt {
      // In a place of its own, since others get the same bytes; and once, for a number may be used once.
      sealed.copyMemory(from: bytes, byteCount: count)
      count = crypt.sealing._withUnsafeGuaranteedRef { $0.seal(sealed, count: count) }
      guard count > 0 else {
        counters.pointee.sendErrors &+= 1
        return false
      }
      bytes = UnsafeRawPointer(sealed)
    }
    var sent = transmit(bytes, count: count, leg)
    // The error of an earlier packet (ICMP) is told once, in place of sending this one.
    if sent == -Int(ECONNREFUSED) || sent == -Int(EHOSTUNREACH) || sent == -Int(EINTR) {
      sent = transmit(bytes, count: count, leg)
    }
    guard sent >= 0 else {
      counters.pointee.sendErrors &+= 1
      return false
    }
    leg.pointee.packetsSent &+= 1
    leg.pointee.octetsSent &+= UInt64(payload)
    counters.pointee.packetsSent &+= 1
    return true
  }

  @inline(__always)
  private func transmit(_ bytes: UnsafeRawPointer, count: Int, _ leg: UnsafeMutablePointer<LegState>) -> Int {
    if let secure = leg.pointee.secure { return transmit(bytes, count: count, secure) }
    return leg.pointee.gate.isLearned
      ? leg.pointee.rtp.send(bytes, count: count)
      : leg.pointee.rtp.send(bytes, count: count, to: leg.pointee.gate.signalled)
  }

  /// To a browser: sealed in a place of its own, since others get the same bytes.
  private func transmit(_ bytes: UnsafeRawPointer, count: Int, _ secure: SecurePath) -> Int {
    sealed.copyMemory(from: bytes, byteCount: count)
    let length = secure.sealing?._withUnsafeGuaranteedRef { $0.seal(sealed, count: count) } ?? 0
    guard length > 0 else { return -Int(EINVAL) }
    return secure.socket.send(sealed, count: length, to: secure.peer)
  }
}
