import Phones
import RTP

/// The way of a mark from phone to phone without a server, on the same machine and by the same clocks.
enum DirectWay {
  static func measure(on media: PhoneMedia) async throws -> LatencyHistogram {
    var settings = EndpointSettings()
    settings.memory = 0
    settings.readsMarks = true
    var ends: [(EndpointID, UInt16)] = []
    for _ in 0..<40 { ends.append(try await media.open(settings)) }
    for pair in 0..<20 {
      let (a, b) = (ends[2 * pair], ends[2 * pair + 1])
      await media.connect(a.0, to: .plain(b.1))
      await media.connect(b.0, to: .plain(a.1))
      await media.say(a.0, .marks)
    }
    try await Task.sleep(for: .seconds(2))
    var all = LatencyHistogram()
    for end in ends {
      if let seen = await media.observation(end.0) { all.merge(seen.latency) }
      await media.close(end.0)
    }
    return all
  }
}

extension AudioNegotiation {
  /// G.711 at 20 ms to a port on loopback.
  static func plain(_ port: UInt16) -> AudioNegotiation {
    AudioNegotiation(
      codec: .pcmu, telephoneEventPayloadType: nil, localTelephoneEventPayloadType: nil, comfortNoise: false,
      ptime: 20, remoteAddress: "127.0.0.1", remotePort: port, remoteRTCPPort: port + 1, rtcpMux: false,
      remoteDirection: .sendrecv, localDirection: .sendrecv)
  }
}
