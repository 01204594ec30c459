import Audio
import RTP

extension PacketPath {
  /// Packets of the pacing source missing (of its own length) until another may pace the mix in its place.
  private static let pacerPatience = 3

  /// One source's packet for one mix: relayed, or pacing a block, or queued for the next one.
  func deliver(_ packet: inout Packet, to feed: UnsafeMutablePointer<Feed>) {
    let mix = feed.pointee.mix
    if mix.pointee.isBridging, feed.pointee.paces { bridged(mix) }
    if mix.pointee.isRelay {
      if mix.pointee.isKeptAlive { paced(mix, by: packet) }
      return pass(packet, from: feed)
    }
    if feed.pointee.index != mix.pointee.pacer, feed.pointee.paces, mayTakeOver(mix, packet) {
      mix.pointee.pacer = feed.pointee.index
      feed.pointee.queue.reset()
    }
    if feed.pointee.index == mix.pointee.pacer {
      pace(&packet, feed)
    } else if packet.kind == .sound, packet.canBeDecoded, !packet.isLate || feed.pointee.converter == nil {
      feed.pointee.queue.push(
        sound(of: &packet, for: feed), ticks: packet.samples, stream: packet.stream,
        sequence: packet.header.sequence,
        timestamp: packet.header.timestamp,
        now: packet.arrival)
    }
  }

  /// The source that was waited for is there.
  private func bridged(_ mix: UnsafeMutablePointer<MixState>) {
    mix.pointee.isBridging = false
    if !mix.pointee.needsTimer { wheel.pointee.cancel(mix.pointee.timer) }
  }

  private func mayTakeOver(_ mix: UnsafeMutablePointer<MixState>, _ packet: Packet) -> Bool {
    let length = Nanoseconds(max(mix.pointee.pacedSamples, mix.pointee.blockSamples)) &* .sample
    return packet.arrival &- mix.pointee.pacedAt > length &* Nanoseconds(Self.pacerPatience)
  }

  /// Notes the moment, from which the timer counts.
  private func paced(_ mix: UnsafeMutablePointer<MixState>, by packet: Packet) {
    if packet.samples > 0 { mix.pointee.pacedSamples = packet.samples }
    mix.pointee.pacedAt = packet.arrival
    mix.pointee.isTimed = false
    mix.pointee.nextBlock = packet.arrival &+ grace(mix, jitter: packet.leg.pointee.reception.jitter)
  }

  /// A packet of the pacing source goes out, with what the others have to say in it.
  private func pace(_ packet: inout Packet, _ feed: UnsafeMutablePointer<Feed>) {
    let mix = feed.pointee.mix
    guard !packet.isDuplicate else { return }
    if !packet.isLate { paced(mix, by: packet) }
    // Keys, and what is behind the block already made, pass as they are.
    guard !packet.isLate, packet.kind != .event, packet.kind == .comfortNoise || packet.samples > 0 else {
      return pass(packet, from: feed)
    }
    let count = packet.kind == .sound ? packet.samples : mix.pointee.blockSamples
    let ducked = collect(mix, count: count, now: packet.arrival, pacer: feed)
    let isPlain = ducked.gain.from == .unity && ducked.gain.to == .unity && feed.pointee.gain == .unity
    if !ducked.hasSound, isPlain || packet.kind == .comfortNoise {
      counters.pointee.passed &+= 1
      feed.pointee.queue.passPaced()
      return pass(packet, from: feed)
    }
    if packet.kind == .sound {
      feed.pointee.contributed = count
      // In a place of its own: others may be waiting for the same samples.
      block.update(from: sound(of: &packet, for: feed), count: mix.pointee.band.samples(count))
      feed.pointee.queue.pace(block, ticks: count)
      add(block, ticks: count, feed, ducked.gain, isFirst: !ducked.hasSound)
    }
    Mixing.clip(sum, count: mix.pointee.band.samples(count), into: block)
    send(block: count, of: mix, packet: packet)
  }

  /// What the sources other than the pacing one have for the next block, summed.
  private func collect(
    _ mix: UnsafeMutablePointer<MixState>, count: Int, now: Nanoseconds, pacer: UnsafeMutablePointer<Feed>?
  ) -> (hasSound: Bool, gain: (from: Gain, to: Gain)) {
    var hasSound = false
    var gain = (from: Gain.unity, to: Gain.unity)
    let feeds = mix.pointee.feeds
    if mix.pointee.hasDucking {
      // Those before whom the others are lowered come first: how loud they are decides on the others.
      var loudest: Int32 = 0
      for index in 0..<mix.pointee.feedCount where feeds[index].ducks {
        loudest = max(loudest, take(feeds + index, count, now, pacer, gain, &hasSound))
      }
      gain = mix.pointee.ducker.advance(speakerPeak: loudest, samples: count)
    }
    for index in 0..<mix.pointee.feedCount where !feeds[index].ducks {
      _ = take(feeds + index, count, now, pacer, gain, &hasSound)
    }
    return (hasSound, gain)
  }

  /// Adds the next block of one source.
  /// - Returns: its peak.
  private func take(
    _ feed: UnsafeMutablePointer<Feed>, _ count: Int, _ now: Nanoseconds,
    _ pacer: UnsafeMutablePointer<Feed>?,
    _ gain: (from: Gain, to: Gain), _ hasSound: inout Bool
  ) -> Int32 {
    feed.pointee.contributed = 0
    guard feed != pacer else { return 0 }
    let peak: Int32
    if let clip = feed.pointee.clip {
      let position = feed.pointee.position
      if let converter = feed.pointee.converter {
        clip._withUnsafeGuaranteedRef { _ = $0.fill(converted, count: count, at: position) }
        converter._withUnsafeGuaranteedRef { $0.convert(converted, ticks: count, into: block) }
      } else {
        clip._withUnsafeGuaranteedRef { _ = $0.fill(block, count: count, at: position) }
      }
      feed.pointee.position = position &+ count
      peak = Level.peak(block, count: feed.pointee.mix.pointee.band.samples(count))
    } else {
      let before = feed.pointee.queue.concealed
      peak = feed.pointee.queue.pull(block, ticks: count, now: now)
      counters.pointee.concealed &+= feed.pointee.queue.concealed &- before
    }
    // Near-silence isn't worth an encoding: it is left out, and so is the loss that encoding brings.
    guard peak >= SpeechActivity.nearSilence else { return peak }
    feed.pointee.contributed = count
    add(block, ticks: count, feed, gain, isFirst: !hasSound)
    hasSound = true
    return peak
  }

  private func add(
    _ source: UnsafePointer<Int16>, ticks: Int, _ feed: UnsafeMutablePointer<Feed>,
    _ gain: (from: Gain, to: Gain), isFirst: Bool
  ) {
    let count = feed.pointee.mix.pointee.band.samples(ticks)
    if isFirst { Mixing.clear(sum, count: count) }
    let own = feed.pointee.gain
    if feed.pointee.ducks {
      Mixing.add(source, into: sum, count: count, from: own, to: own)
    } else {
      Mixing.add(
        source, into: sum, count: count, from: own.scaled(by: gain.from), to: own.scaled(by: gain.to))
    }
  }

  /// Puts the samples of a packet into `pcm`.
  func decode(_ packet: inout Packet) {
    guard !packet.isDecoded else { return }
    if let law = packet.coding.law {
      tables.decode(law, packet.payload, count: packet.samples, into: pcm)
    } else {
      UnsafeMutableRawPointer(pcm).copyMemory(
        from: packet.payload, byteCount: packet.band.samples(packet.samples) &* 2)
    }
    packet.isDecoded = true
  }

  /// The samples of a packet in the band of a mix.
  func sound(of packet: inout Packet, for feed: UnsafeMutablePointer<Feed>) -> UnsafePointer<Int16> {
    decode(&packet)
    guard let converter = feed.pointee.converter else { return UnsafePointer(pcm) }
    converter._withUnsafeGuaranteedRef { $0.convert(pcm, ticks: packet.samples, into: converted) }
    return UnsafePointer(converted)
  }

  // MARK: The timer

  /// How long a pacing source may be silent before the worker makes blocks by itself: a lost packet is bridged, a
  /// late one is waited for as far as the source is known to be unsteady.
  private func grace(_ mix: UnsafeMutablePointer<MixState>, jitter: UInt32) -> Nanoseconds {
    let length = Nanoseconds(max(mix.pointee.pacedSamples, 80)) &* .sample
    let unsteady = min(Nanoseconds(jitter) &* 3 &* .sample, mix.pointee.isKeptAlive ? 10_000_000 : 60_000_000)
    return length &* 7 / 4 &+ unsteady
  }

  /// The timer of a mix: a block of our own, if its moment has come and somebody has something to say.
  func tick(_ mix: UnsafeMutablePointer<MixState>, now: Nanoseconds) {
    // Packets for supervisors are waiting; among them may be those that pace this mix.
    if !mix.pointee.servesCall, !deferred.pointee.isEmpty {
      return wheel.pointee.set(mix.pointee.timer, at: now &+ 2 &* .millisecond)
    }
    if now >= mix.pointee.nextBlock {
      let count = mix.pointee.blockSamples
      let length = Nanoseconds(count) &* .sample
      if mix.pointee.isKeptAlive || mix.pointee.isBridging || mix.pointee.hasSound {
        let collected = collect(mix, count: count, now: now, pacer: nil)
        if collected.hasSound {
          Mixing.clip(sum, count: mix.pointee.band.samples(count), into: block)
        } else {
          block.update(repeating: 0, count: mix.pointee.band.samples(count))
        }
        counters.pointee.blocks &+= 1
        mix.pointee.isTimed = true
        send(block: count, of: mix, now: now)
        mix.pointee.nextBlock &+= length
      } else {
        // Soon again while the sources may just be falling silent.
        let isRecent = now &- mix.pointee.pacedAt < length &* 5
        mix.pointee.nextBlock &+= isRecent ? length / 4 : length
      }
      if now &- mix.pointee.nextBlock > length &* 3 { mix.pointee.nextBlock = now &+ length }
    }
    wheel.pointee.set(mix.pointee.timer, at: mix.pointee.nextBlock)
  }
}

extension Gain {
  /// The product of two gains.
  @inline(__always)
  func scaled(by other: Gain) -> Gain {
    if other.q15 == Gain.unity.q15 { return self }
    return Gain(q15: Int32((Int64(q15) &* Int64(other.q15)) >> 15))
  }
}
