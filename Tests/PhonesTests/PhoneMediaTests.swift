import Audio
import Phones
import RTP
import TestKit
import Testing

@Suite struct PhoneMediaTests {
  /// Two endpoints that send to each other.
  private func pair(
    _ media: PhoneMedia, _ settings: EndpointSettings = .init(), ptime: Int = 20,
    codec: AudioFormat = .pcmu
  ) async throws -> (EndpointID, EndpointID) {
    let (a, aPort) = try await media.open(settings)
    let (b, bPort) = try await media.open(settings)
    await media.connect(a, to: agreement(port: bPort, ptime: ptime, codec: codec))
    await media.connect(b, to: agreement(port: aPort, ptime: ptime, codec: codec))
    return (a, b)
  }

  private func agreement(port: UInt16, ptime: Int, codec: AudioFormat) -> AudioNegotiation {
    AudioNegotiation(
      codec: codec, telephoneEventPayloadType: 101, localTelephoneEventPayloadType: 101,
      comfortNoise: false, ptime: ptime, remoteAddress: "127.0.0.1", remotePort: port,
      remoteRTCPPort: port + 1, rtcpMux: false, remoteDirection: .sendrecv, localDirection: .sendrecv)
  }

  @Test(
    "each phone hears the other's tone, in both laws and at every packet length",
    arguments: [(AudioFormat.pcmu, 20), (.pcma, 20), (.pcmu, 10), (.pcma, 60)])
  func tones(codec: AudioFormat, ptime: Int) async throws {
    let media = PhoneMedia()
    let (a, b) = try await pair(media, ptime: ptime, codec: codec)
    await media.say(a, .tone(440))
    await media.say(b, .tone(1_000))
    _ = await media.firstSound(a, within: 1_000)
    _ = await media.firstSound(b, within: 1_000)
    async let atA = media.hear(a, milliseconds: 400)
    async let atB = media.hear(b, milliseconds: 400)
    let (earA, earB) = await (Ear(atA), Ear(atB))
    #expect(earA.contains(tone: 1_000, at: -20, within: 1))
    #expect(earB.contains(tone: 440, at: -20, within: 1))
    #expect(earA.lacks(tone: 440))
    #expect(earB.lacks(tone: 1_000))
    let seen = try #require(await media.observation(a))
    #expect(seen.isContinuous)
    #expect(seen.packets > 400 / ptime)
    await media.stop()
  }

  @Test("keys arrive once each and in order")
  func keys() async throws {
    let media = PhoneMedia()
    let (a, b) = try await pair(media)
    let time = await media.press(a, "66*#1")
    #expect(time > 0)
    _ = await media.hear(b, milliseconds: 400)
    let seen = try #require(await media.observation(b))
    #expect(seen.digits == "66*#1")
    #expect(seen.isContinuous)
    await media.stop()
  }

  @Test("marks time the way of every frame and show none missing")
  func marks() async throws {
    let media = PhoneMedia(tick: 200)
    var settings = EndpointSettings()
    settings.readsMarks = true
    let (a, b) = try await pair(media, settings)
    await media.say(a, .marks)
    _ = await media.hear(b, milliseconds: 1_000)
    let seen = try #require(await media.observation(b))
    #expect(seen.marksFound >= 45)
    #expect(seen.marksMissing == 0)
    #expect(seen.marksOutOfOrder == 0)
    let median = try #require(seen.latency.median)
    #expect(median < 1)
    await media.stop()
  }

  @Test("a stall holds the packets back and lets them all go at once")
  func stall() async throws {
    let media = PhoneMedia()
    let (a, b) = try await pair(media)
    await media.say(a, .tone(440))
    _ = await media.firstSound(b, within: 1_000)
    await media.resetObservation(b)
    await media.stall(a, milliseconds: 160)
    _ = await media.hear(b, milliseconds: 500)
    let seen = try #require(await media.observation(b))
    #expect(seen.longestGap >= 140_000_000)
    #expect(seen.isContinuous)
    #expect(seen.packets >= 24)
    await media.stop()
  }

  @Test("closing answers whoever waits, and leaves nothing open")
  func close() async throws {
    let media = PhoneMedia()
    let (a, b) = try await pair(media)
    let started = AsyncStream<Void>.makeStream()
    async let first: Int64? = {
      started.continuation.yield()
      return await media.firstSound(a, within: 60_000)
    }()
    for await _ in started.stream { break }
    await media.close(a)
    await media.close(b)
    _ = await media.heard(a, last: 100)
    #expect(await media.openCount == 0)
    await media.stop()
    #expect(await first == nil)
  }
}

@Suite struct SoundMarkTests {
  @Test("a mark is found wherever the packets are cut, lowered by 12 dB and with another voice in it")
  func cut() {
    var samples = [Int16](repeating: 0, count: 480)
    let mark = SoundMark(stream: 513, frame: 70_000)
    samples.withUnsafeMutableBufferPointer { mark.write($0.baseAddress! + 101, count: 160) }
    var tone = ToneSource(frequency: 440, level: -30)
    let voice = tone.samples(480)
    let heard = zip(samples, voice).map { $0 / 4 + $1 }
    for size in [80, 160, 240] {
      var reader = SoundMark.Reader()
      var found: [(SoundMark, Int64)] = []
      heard.withUnsafeBufferPointer { buffer in
        for start in stride(from: 0, to: 480, by: size) {
          reader.read(buffer.baseAddress! + start, count: size, arrival: Int64(start) * 125_000) {
            found.append(($0, $1))
          }
        }
      }
      #expect(found.map(\.0) == [mark])
      #expect(found.map(\.1) == [101 * 125_000])
    }
  }
}

@Suite struct LatencyHistogramTests {
  @Test("percentiles are exact to 3 %, over values of every size")
  func percentiles() {
    var histogram = LatencyHistogram()
    for value in 1...10_000 { histogram.add(microseconds: value) }
    for share in [0.01, 0.5, 0.95, 0.99, 1] {
      let found = histogram.percentile(share) ?? 0
      #expect(abs(found - share * 10) <= share * 10 * 0.035)
    }
    #expect(LatencyHistogram().median == nil)
  }
}
