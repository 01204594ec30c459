import Audio
import RTP
import Supervision
import Testing

@testable import Media

/// G.722 and Opus between phones and trunks.
@Suite(.timeLimit(.minutes(1))) struct CallCodecTests {
  private static let mapping = "a=rtpmap:96 opus/48000/2\r\n"

  /// A tone, encoded frame by frame.
  private struct Speaker {
    let coding: VoiceCoding
    var tone: ToneSource
    let encoder = MixEncoders(.narrow)

    init(_ coding: VoiceCoding, _ frequency: Double) {
      self.coding = coding
      tone = ToneSource(frequency: frequency, level: -16)
      encoder.prepare(coding)
    }

    mutating func frame() -> [UInt8] {
      let samples = tone.samples(160)
      return [UInt8](unsafeUninitializedCapacity: 1_500) { buffer, count in
        count = encoder.encode(coding, samples, count: 160, into: buffer.baseAddress!, capacity: buffer.count)
      }
    }
  }

  @Test(
    "M11 packets of one codec are passed byte by byte, late ones too, also while somebody of another listens",
    arguments: [(VoiceCoding.opus, "96", UInt8(96)), (.g722, "9", 9)])
  func exact(coding: VoiceCoding, codecs: String, number: UInt8) async throws {
    try await Rig.run(levels: false) { rig in
      let customer = try rig.join(Rig.customer, .customer, codecs: codecs, extra: Self.mapping)
      let agent = try rig.join(Rig.agent, .agent, codecs: codecs, extra: Self.mapping)
      let supervisor = try rig.join(Rig.supervisor, .supervisor)
      var speaker = Speaker(coding, 440)
      let ticks = UInt32(160) * coding.clock
      var sound: [Int16] = []
      for plan in ["c>a a>c", "c>a a>c c>s a>s"] {
        try rig.apply(plan)
        for packet in supervisor.receiveAll() { sound += packet.payload.linear(.mu) }
        sound = []
        rig.clock.advance(ms: 20)
        let start = customer.send(speaker.frame(), payloadType: number, samples: Int(ticks))
        let first = (in: start, out: try #require(agent.receive()).header)
        for _ in 0..<30 {
          // The second comes before the first.
          let frames = [speaker.frame(), speaker.frame()]
          let start = (sequence: customer.sequence, timestamp: customer.timestamp)
          for index in [1, 0] {
            rig.clock.advance(ms: 20)
            customer.sequence = start.sequence &+ UInt16(index)
            customer.timestamp = start.timestamp &+ UInt32(index) &* ticks
            let sent = customer.send(frames[index], payloadType: number, samples: 0)
            let heard = try #require(agent.receive())
            #expect(heard.payload == frames[index] && heard.header.payloadType == number)
            #expect(heard.header.sequence &- first.out.sequence == sent.sequence &- first.in.sequence)
            #expect(heard.header.timestamp &- first.out.timestamp == sent.timestamp &- first.in.timestamp)
            for packet in supervisor.receiveAll() { sound += packet.payload.linear(.mu) }
          }
          customer.sequence = start.sequence &+ 2
          customer.timestamp = start.timestamp &+ 2 &* ticks
        }
        #expect(agent.receiveAll().isEmpty)
      }
      // Of every two packets he could be given one, and has a tone with holes; silence would be a decoder left behind.
      #expect(Level.peak(sound, count: sound.count) > 1_000)
      #expect(try rig.counters().malformed == 0)
    }
  }

  @Test("M11 the callee is offered the caller's codec first, and the caller answered with the callee's")
  func order() async throws {
    try await Rig.run { rig in
      let first = LegID(1)
      let second = LegID(2)
      let any = SourcePolicy(signallingAddress: nil)
      let caller = try TestPhone(port: Rig.freePorts(2))
      let callee = try TestPhone(port: Rig.freePorts(2))
      rig.perform(
        .acceptOffer(
          MediaLeg(leg: first, participant: Rig.customer, role: .customer, sources: any),
          sdp: caller.sdp(codecs: "96 9 8 101", extra: Self.mapping)))
      rig.perform(
        .makeOffer(MediaLeg(leg: second, participant: Rig.agent, role: .agent, sources: any), like: first))
      let offer = try SessionDescription(parsing: rig.description(second))
      #expect(
        offer.media[0].audioFormats.map(\.mapping) == [
          "opus/48000/2", "PCMU/8000", "PCMA/8000", "G722/8000", "CN/8000", "telephone-event/8000",
          "telephone-event/48000",
        ])
      let opus = try #require(offer.media[0].audioFormats.first)
      #expect(opus.parameters == "minptime=10;useinbandfec=1;stereo=0", "no band is asked for")
      rig.perform(.acceptAnswer(second, sdp: callee.sdp(codecs: "9 101"), source: "127.0.0.1"))
      rig.perform(.makeAnswer(first, like: second))
      let answer = try SessionDescription(parsing: rig.description(first))
      #expect(answer.media[0].audioFormats.map(\.mapping) == ["G722/8000", "telephone-event/8000"])
    }
  }
}
