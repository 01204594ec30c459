import Audio
import CLinux
import Glibc
import RTP

extension PacketPath {
  /// Passes a packet on untouched to everybody who gets this mix. Only the numbers are ours; the payload is
  /// transcoded where a listener's codec differs.
  func pass(_ packet: Packet, from feed: UnsafeMutablePointer<Feed>) {
    let mix = feed.pointee.mix
    for index in 0..<mix.pointee.listenerCount {
      let listener = mix.pointee.listeners[index]
      let isSent = pass(packet, to: listener.leg)
      if isSent, feed.pointee.isSupervisor {
        listener.proof[feed.pointee.index] &+= UInt64(packet.samples)
      }
    }
  }

  private func pass(_ packet: Packet, to leg: UnsafeMutablePointer<LegState>) -> Bool {
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
    guard payloadType != LegState.noPayloadType else {
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
    if packet.kind == .sound, packet.law != leg.pointee.law {
      bytes = output
      output.copyMemory(from: packet.bytes, byteCount: packet.count)
      let payload = (output + header.payloadOffset).assumingMemoryBound(to: UInt8.self)
      tables.transcode(
        from: packet.law, to: leg.pointee.law, payload, count: header.payloadLength, into: payload)
    }
    RTPHeader.rewrite(
      bytes, payloadType: payloadType, marker: header.marker, sequence: numbers.sequence,
      timestamp: numbers.timestamp, ssrc: leg.pointee.numbering.ssrc)
    return send(bytes, count: packet.count, payload: header.payloadLength, to: leg)
  }

  /// Sends the finished block (in `block`) under the numbers of the packet that paces it.
  func send(block count: Int, of mix: UnsafeMutablePointer<MixState>, packet: Packet) {
    var encoded: (mu: Bool, a: Bool) = (false, false)
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
    var encoded: (mu: Bool, a: Bool) = (false, false)
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

  /// Encodes once per law, sends, and counts the proof of what was in it.
  private func send(
    block count: Int, of mix: UnsafeMutablePointer<MixState>, to listener: Listener,
    _ numbers: (sequence: UInt16, timestamp: UInt32), marker: Bool, _ encoded: inout (mu: Bool, a: Bool)
  ) {
    let leg = listener.leg
    let law = leg.pointee.law
    let payload = law == .mu ? encodings : encodings + Self.packetCapacity
    if !(law == .mu ? encoded.mu : encoded.a) {
      tables.encode(law, block, count: count, into: payload)
      counters.pointee.encoded &+= 1
      if law == .mu { encoded.mu = true } else { encoded.a = true }
    }
    RTPHeader(
      payloadType: leg.pointee.payloadType, marker: marker, sequence: numbers.sequence,
      timestamp: numbers.timestamp, ssrc: leg.pointee.numbering.ssrc
    ).write(output)
    (output + RTPHeader.length).copyMemory(from: payload, byteCount: count)
    guard send(output, count: RTPHeader.length &+ count, payload: count, to: leg) else { return }
    let feeds = mix.pointee.feeds
    for index in 0..<mix.pointee.feedCount where feeds[index].isSupervisor {
      listener.proof[index] &+= UInt64(feeds[index].contributed)
    }
  }

  /// - Returns: whether the kernel took it.
  private func send(
    _ bytes: UnsafeRawPointer, count: Int, payload: Int, to leg: UnsafeMutablePointer<LegState>
  ) -> Bool {
    var sent = transmit(bytes, count: count, leg)
    // The error of an earlier packet (ICMP) is told once, in place of sending this one.
    if sent == -Int(ECONNREFUSED) || sent == -Int(EHOSTUNREACH) { sent = transmit(bytes, count: count, leg) }
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
    leg.pointee.gate.isLearned
      ? leg.pointee.rtp.send(bytes, count: count)
      : leg.pointee.rtp.send(bytes, count: count, to: leg.pointee.gate.signalled)
  }
}
