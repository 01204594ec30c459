import Audio
import RTP

extension PhoneMedia {
  /// What the phone says from now on.
  package func say(_ id: EndpointID, _ sound: PhoneSound) {
    endpoint(id)?.maker = SoundMaker(sound)
  }

  /// Presses keys, one after the other; returns once the last one's first packet is out, with that time in ns
  /// since 1970 (0 if the endpoint is gone or the peer takes no keys).
  package func press(_ id: EndpointID, _ digits: String) async -> Int64 {
    guard let endpoint = endpoint(id), endpoint.settings.keys != nil, endpoint.isConnected else { return 0 }
    let keys = digits.compactMap { Digit($0) }
    guard !keys.isEmpty else { return 0 }
    return await withCheckedContinuation { waiter in
      endpoint.press = KeyPress(keys)
      endpoint.pressWaiters.append(waiter)
    }
  }

  /// Nothing leaves for that long; then all of it at once, as after a stall of the network.
  package func stall(_ id: EndpointID, milliseconds: Int) {
    endpoint(id)?.stalledUntil = Clock.monotonic + Int64(milliseconds) * 1_000_000
  }

  /// Standard deviation of the sending times, ms.
  package func setJitter(_ id: EndpointID, _ milliseconds: Double) {
    endpoint(id)?.settings.jitter = milliseconds
  }

  /// Packets lost on their way out from now on, per cent.
  package func setLoss(_ id: EndpointID, _ percent: Double) { endpoint(id)?.settings.loss = percent }

  /// Once in a tick: sends what is due and answers those whose time is up.
  func tick() {
    let now = Clock.monotonic
    due.removeAll(keepingCapacity: true)
    schedule.take(until: now, into: &due)
    for id in due {
      guard let endpoint = endpoint(id) else { continue }
      serve(endpoint, now: now)
      schedule.insert(id, due: endpoint.due)
    }
    if !waited.isEmpty { answerWaiters(now: now) }
  }

  private func serve(_ endpoint: RTPEndpoint, now: Int64) {
    if now < endpoint.stalledUntil {
      endpoint.due = max(endpoint.due, endpoint.stalledUntil)
      return
    }
    // Sound older than 2 s would be of no use to anybody.
    endpoint.nominal = max(endpoint.nominal, now - 2_000_000_000)
    endpoint.due = max(endpoint.due, endpoint.nominal - endpoint.interval)
    while endpoint.due <= now {
      lateness.add(microseconds: Int(now - endpoint.due) / 1_000)
      sendPacket(endpoint)
      endpoint.nominal += endpoint.interval
      endpoint.due = endpoint.nominal
      if endpoint.settings.jitter > 0 {
        let shift = Int64(random.gaussian() * endpoint.settings.jitter * 1_000_000)
        endpoint.due += min(max(shift, -endpoint.interval / 2), endpoint.interval * 4)
      }
    }
    if endpoint.settings.sendsReports, now >= endpoint.nextReport { sendReport(endpoint, now: now) }
  }

  private func sendPacket(_ endpoint: RTPEndpoint) {
    let samples = endpoint.samples
    defer { endpoint.timestamp &+= UInt32(samples) }
    let mark = SoundMark(
      stream: UInt16(truncatingIfNeeded: endpoint.id.slot), frame: endpoint.frame)
    guard endpoint.maySend else {
      // Time goes on, so that a recording is where it should be afterwards.
      return endpoint.maker.fill(linear, count: samples, mark: mark)
    }
    if let (event, timestamp) = nextKey(endpoint, samples: samples) {
      let isFirst = event.duration == UInt16(clamping: samples)
      event.write(packet + RTPHeader.length)
      send(
        endpoint, payloadType: endpoint.settings.keys ?? 101, marker: isFirst && !event.isEnd,
        timestamp: timestamp, length: TelephoneEvent.length)
      if endpoint.settings.keysReplaceSound { return skipFrame(endpoint) }
    }
    endpoint.maker.fill(linear, count: samples, mark: mark)
    tables.encode(
      endpoint.settings.law, linear, count: samples,
      into: (packet + RTPHeader.length).assumingMemoryBound(to: UInt8.self))
    let time = send(
      endpoint, payloadType: endpoint.settings.law.payloadType, marker: endpoint.packetsSent == 0,
      timestamp: endpoint.timestamp, length: samples)
    endpoint.sendTimes[Int(endpoint.frame & 255)] = time
    skipFrame(endpoint)
  }

  private func skipFrame(_ endpoint: RTPEndpoint) {
    endpoint.frame = (endpoint.frame &+ 1) & 0xFF_FFFF
  }

  /// The packet of keys that is due; whoever waits for the last key is told.
  private func nextKey(
    _ endpoint: RTPEndpoint, samples: Int
  ) -> (event: TelephoneEvent, timestamp: UInt32)? {
    guard var press = endpoint.press else { return nil }
    defer { endpoint.press = press.isDone ? nil : press }
    guard let key = press.next(timestamp: endpoint.timestamp, samples: samples) else { return nil }
    if key.isFirst, key.isLastKey {
      let time = Clock.wall
      for waiter in endpoint.pressWaiters { waiter.resume(returning: time) }
      endpoint.pressWaiters = []
    }
    return (key.event, key.timestamp)
  }

  /// Sends the payload that stands behind the header in `packet`.
  /// - Returns: when, ns since 1970.
  @discardableResult
  private func send(
    _ endpoint: RTPEndpoint, payloadType: UInt8, marker: Bool, timestamp: UInt32, length: Int
  ) -> Int64 {
    let header = RTPHeader(
      payloadType: payloadType, marker: marker, sequence: endpoint.sequence, timestamp: timestamp,
      ssrc: endpoint.ssrc, payloadLength: length)
    header.write(packet)
    let time = Clock.wall
    endpoint.lossDue += endpoint.settings.loss
    if endpoint.lossDue >= 100 {
      endpoint.lossDue -= 100
    } else {
      endpoint.ports.rtp.send(packet, count: RTPHeader.length + length)
    }
    endpoint.sequence &+= 1
    endpoint.packetsSent += 1
    endpoint.octetsSent += length
    keep(
      header, packet + RTPHeader.length, time: time, limit: endpoint.settings.packetsKept,
      in: &endpoint.sent)
    return time
  }

  private func sendReport(_ endpoint: RTPEndpoint, now: Int64) {
    endpoint.nextReport = now + 5_000_000_000
    let wall = Clock.wall
    let sender = RTCP.SenderInfo(
      time: NTPTime(unixNanoseconds: wall), timestamp: endpoint.timestamp,
      packets: UInt32(truncatingIfNeeded: endpoint.packetsSent),
      octets: UInt32(truncatingIfNeeded: endpoint.octetsSent))
    let report = endpoint.observation.report(
      senderReport: endpoint.senderReport?.time, delay: wall - (endpoint.senderReport?.arrival ?? wall))
    let length = RTCP.write(
      packet, capacity: 512, ssrc: endpoint.ssrc, sender: sender, report: report, cname: "phone")
    endpoint.ports.rtcp.send(packet, count: length)
  }

  func keep(
    _ header: RTPHeader, _ payload: UnsafeMutableRawPointer, time: Int64, limit: Int,
    in packets: inout [RecordedPacket]
  ) {
    guard limit > 0 else { return }
    let bytes = [UInt8](UnsafeRawBufferPointer(start: payload, count: header.payloadLength))
    packets.append(RecordedPacket(header: header, payload: bytes, time: time))
    if packets.count > limit { packets.removeFirst(packets.count - limit) }
  }
}
