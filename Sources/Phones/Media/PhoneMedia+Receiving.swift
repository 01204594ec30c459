import Audio
import RTP

extension PhoneMedia {
  /// Whoever sent that recently goes on sending, in ns.
  private static let patience: Int64 = 250_000_000

  // MARK: What was received

  /// The last `milliseconds` of what was heard; less if there wasn't as much.
  package func heard(_ id: EndpointID, last milliseconds: Int) -> [Int16] {
    guard let heard = endpoint(id)?.heard else { return [] }
    return heard.samples(from: heard.total - milliseconds * 8)
  }

  /// Listens from now on for that long, by the time of the sound, and returns all of it. What comes late, because the
  /// machine is busy, is waited for; what doesn't come is silence.
  package func hear(_ id: EndpointID, milliseconds: Int) async -> [Int16] {
    guard let endpoint = endpoint(id) else { return [] }
    let wanted = milliseconds * 8
    let deadline = Clock.monotonic + Int64(milliseconds + 2 * endpoint.settings.ptime) * 1_000_000
    let sound = await withCheckedContinuation { waiter in
      endpoint.hearing.append((endpoint.heard.total, wanted, deadline, waiter))
      waited.insert(id)
    }
    return Array(sound.prefix(wanted)) + [Int16](repeating: 0, count: max(wanted - sound.count, 0))
  }

  /// Waits for a packet with a peak above `level` dBFS.
  /// - Returns: when it arrived, ns since 1970; nil if none came in time.
  package func firstSound(_ id: EndpointID, above level: Double = -40, within milliseconds: Int) async
    -> Int64?
  {
    guard let endpoint = endpoint(id) else { return nil }
    let threshold = Int32(Level.amplitude(decibels: level))
    let deadline = Clock.monotonic + Int64(milliseconds) * 1_000_000
    return await withCheckedContinuation { waiter in
      endpoint.watch?.waiter.resume(returning: nil)
      endpoint.watch = (threshold, deadline, waiter)
      waited.insert(id)
    }
  }

  /// What is heard, packet by packet, until the endpoint closes.
  package func sound(_ id: EndpointID) -> AsyncStream<[Int16]> {
    let (stream, sink) = AsyncStream.makeStream(of: [Int16].self, bufferingPolicy: .bufferingNewest(1_000))
    guard let endpoint = endpoint(id) else {
      sink.finish()
      return stream
    }
    endpoint.sink?.finish()
    endpoint.sink = sink
    return stream
  }

  package func observation(_ id: EndpointID) -> StreamObservation? { endpoint(id)?.observation }

  /// Starts to count anew.
  package func resetObservation(_ id: EndpointID) { endpoint(id)?.observation.reset() }

  /// Packets sent since the endpoint was opened.
  package func packetsSent(_ id: EndpointID) -> Int { endpoint(id)?.packetsSent ?? 0 }

  /// The packets kept (`EndpointSettings.packetsKept`).
  package func packets(_ id: EndpointID) -> (sent: [RecordedPacket], received: [RecordedPacket]) {
    guard let endpoint = endpoint(id) else { return ([], []) }
    return (endpoint.sent, endpoint.received)
  }

  // MARK: Receiving

  /// - Parameter token: the slot, and in its lowest bit whether the RTCP socket has something.
  func read(_ token: UInt64) {
    guard let endpoint = endpoint(slot: Int(token >> 1)) else { return }
    if token & 1 == 1 {
      guard let (count, arrival) = endpoint.ports.rtcp.receive(packet, capacity: 2_048) else { return }
      guard let control = RTCP.parse(packet, count: count, reportOn: endpoint.ssrc) else {
        endpoint.observation.malformed += 1
        return
      }
      endpoint.observation.controlPackets += 1
      if let sender = control.senderInfo { endpoint.senderReport = (sender.time, arrival) }
      return
    }
    guard let (count, arrival) = endpoint.ports.rtp.receive(packet, capacity: 2_048) else { return }
    guard let header = RTPHeader.parse(packet, count: count) else {
      endpoint.observation.malformed += 1
      return
    }
    receive(header, endpoint, arrival: arrival)
  }

  private func receive(_ header: RTPHeader, _ endpoint: RTPEndpoint, arrival: Int64) {
    let payload = packet + header.payloadOffset
    keep(header, payload, time: arrival, limit: endpoint.settings.packetsKept, in: &endpoint.received)
    let law: G711Law
    switch header.payloadType {
    case 0: law = .mu
    case 8: law = .a
    default:
      _ = endpoint.observation.receive(header, samples: 0, arrival: arrival)
      if header.payloadType == endpoint.settings.keys,
        let event = TelephoneEvent.parse(payload, count: header.payloadLength)
      {
        endpoint.observation.receive(event, timestamp: header.timestamp)
      } else if header.payloadType == 13 {
        endpoint.observation.receiveComfortNoise()
      }
      return
    }
    let samples = header.payloadLength
    let verdict = endpoint.observation.receive(header, samples: samples, arrival: arrival)
    guard verdict == .first || verdict == .inOrder || verdict == .restarted else { return }
    let isHeard = endpoint.settings.memory > 0
    guard
      isHeard || endpoint.settings.readsMarks || endpoint.watch != nil || endpoint.firstSoundThreshold != nil
    else { return }
    tables.decode(
      law, payload.assumingMemoryBound(to: UInt8.self), count: samples, into: linear)
    if isHeard { play(header, endpoint, samples: samples) }
    if endpoint.settings.readsMarks { readMarks(endpoint, samples: samples, arrival: arrival) }
    if let threshold = endpoint.firstSoundThreshold, Level.peak(linear, count: samples) > threshold {
      endpoint.observation.firstSound = arrival
      endpoint.firstSoundThreshold = nil
    }
    if let watch = endpoint.watch, Level.peak(linear, count: samples) > watch.threshold {
      endpoint.watch = nil
      watch.waiter.resume(returning: arrival)
    }
  }

  private func play(_ header: RTPHeader, _ endpoint: RTPEndpoint, samples: Int) {
    if let expected = endpoint.expectedTimestamp {
      let gap = Int(Int32(bitPattern: header.timestamp &- expected))
      if gap > 0, gap <= 16_000 {
        endpoint.heard.appendSilence(gap)
        endpoint.sink?.yield([Int16](repeating: 0, count: gap))
      }
    }
    endpoint.expectedTimestamp = header.timestamp &+ UInt32(samples)
    endpoint.heard.append(linear, count: samples)
    endpoint.lastHeard = Clock.monotonic
    if let sink = endpoint.sink {
      sink.yield([Int16](UnsafeBufferPointer(start: linear, count: samples)))
    }
  }

  private func readMarks(_ endpoint: RTPEndpoint, samples: Int, arrival: Int64) {
    endpoint.reader.read(linear, count: samples, arrival: arrival) { mark, sounded in
      var latency: Int64?
      if let sender = self.endpoint(slot: Int(mark.stream)), sender.maker.isMarked {
        let behind = (sender.frame &- mark.frame) & 0xFF_FFFF
        if behind > 0, behind <= 256 { latency = sounded - sender.sendTimes[Int(mark.frame & 255)] }
      }
      endpoint.observation.receive(mark, latency: latency)
    }
  }

  func answerWaiters(now: Int64) {
    for id in waited {
      guard let endpoint = endpoint(id) else {
        waited.remove(id)
        continue
      }
      if let watch = endpoint.watch, watch.deadline <= now {
        endpoint.watch = nil
        watch.waiter.resume(returning: nil)
      }
      endpoint.hearing.removeAll { entry in
        let isSilent = max(entry.deadline, endpoint.lastHeard + Self.patience) <= now
        guard endpoint.heard.total - entry.from >= entry.count || isSilent else { return false }
        entry.waiter.resume(returning: endpoint.heard.samples(from: entry.from))
        return true
      }
      if endpoint.hearing.isEmpty, endpoint.watch == nil { waited.remove(id) }
    }
  }
}
