import Audio
import Glibc
import RTP
import Supervision

@testable import Media

/// A call whose parties each speak a codec and a packet time of their own, in step with the manual clock, and what each
/// of them has heard, at 16 kHz.
final class CodedConversation {
  struct Kind: CustomStringConvertible {
    var coding: VoiceCoding
    /// ms
    var ptime = 20
    var description: String { "\(coding)/\(ptime)" }
  }

  final class Party {
    let kind: Kind
    let phone: TestPhone
    /// ms from the beginning of the conversation.
    let phase: Int
    /// Hz, each at `level`.
    var tones: [Double]
    /// dBFS
    static let level = -20.0
    /// Each so-manieth packet of it is lost on the way.
    var lostOneIn = Int.max
    private var spoken = 0
    private var sources: [ToneSource]
    private let encoder = MixEncoders(.wide)
    private let decoder: VoiceDecoder
    private var upward = BandConverter(from: .narrow, to: .wide)
    private var lastSequence: UInt16?
    /// 16 kHz.
    var heard: [Int16] = []
    /// Packets that didn't follow the one before by number and time.
    var breaks = 0
    private var nextTimestamp: UInt32?

    /// The weakest 5 ms of the last so many ms, against the mean: dB.
    func weakest(last milliseconds: Int = 1_000) -> Double {
      let powers = stride(from: heard.count - 16 * milliseconds, to: heard.count - 80, by: 80).map { start in
        heard[start..<start + 80].reduce(0.0) { $0 + Double($1) * Double($1) }
      }
      let mean = powers.reduce(0, +) / Double(powers.count)
      return 10 * log10(max(powers.min() ?? 0, 1) / max(mean, 1))
    }

    init(_ kind: Kind, _ phone: TestPhone, phase: Int, tones: [Double], level: Double) {
      self.kind = kind
      self.phone = phone
      self.phase = phase
      self.tones = tones
      sources = tones.map { ToneSource(frequency: $0, level: level, sampleRate: 16_000) }
      decoder = VoiceDecoder(kind.coding, .wide)
      encoder.prepare(kind.coding)
    }

    var payloadType: UInt8 {
      switch kind.coding {
      case .mu, .linear: 0
      case .a: 8
      case .g722: 9
      case .opus: 96
      }
    }

    func speak() {
      let ticks = kind.ptime * 8
      var sum = [Int32](repeating: 0, count: ticks * 2)
      for index in sources.indices {
        for (place, sample) in sources[index].samples(ticks * 2).enumerated() { sum[place] += Int32(sample) }
      }
      let samples = sum.map { Int16(clamping: $0) }
      let payload: [UInt8]
      if let law = kind.coding.law {
        // Its tones lie below 4 kHz: every second sample is enough.
        payload = stride(from: 0, to: samples.count, by: 2).map { samples[$0] }.encoded(law)
      } else {
        payload = [UInt8](unsafeUninitializedCapacity: 1_500) { buffer, count in
          count = encoder.encode(
            kind.coding, samples, count: ticks, into: buffer.baseAddress!, capacity: buffer.count)
        }
      }
      spoken += 1
      if spoken % lostOneIn == 0 {
        phone.sequence &+= 1
        phone.timestamp &+= UInt32(ticks) &* kind.coding.clock
      } else {
        phone.send(payload, payloadType: payloadType, samples: ticks * Int(kind.coding.clock))
      }
    }

    func listen() {
      for packet in phone.receiveAll() where packet.header.payloadType == payloadType {
        let count = packet.payload.count
        if let lastSequence, packet.header.sequence != lastSequence &+ 1 { breaks += 1 }
        if let nextTimestamp, packet.header.timestamp != nextTimestamp { breaks += 1 }
        lastSequence = packet.header.sequence
        var wide = [Int16](repeating: 0, count: 2 * VoiceDecoder.mostSamples)
        let ticks: Int
        if let law = kind.coding.law {
          ticks = count
          upward.convert(packet.payload.linear(law), ticks: ticks, into: &wide)
        } else {
          ticks = decoder.decode(
            packet.payload, count: count, sequence: packet.header.sequence, into: &wide)
        }
        nextTimestamp = packet.header.timestamp &+ UInt32(ticks) &* kind.coding.clock
        heard += wide.prefix(2 * ticks)
      }
    }

    /// dBFS, of the last so many ms.
    func level(_ frequency: Double, last milliseconds: Int = 1_000) -> Double {
      Goertzel(frequency: frequency, sampleRate: 16_000).level(Array(heard.suffix(16 * milliseconds)))
    }

    /// What is heard besides these tones, in dBFS of a tone as strong.
    func rest(besides tones: [Double], last milliseconds: Int = 1_000) -> Double {
      let sound = heard.suffix(16 * milliseconds).map(Double.init)
      let total = sound.reduce(0) { $0 + $1 * $1 } / Double(max(sound.count, 1))
      let known = tones.reduce(0) { sum, tone in
        let amplitude = 32_768 * pow(10, level(tone, last: milliseconds) / 20)
        return sum + amplitude * amplitude / 2
      }
      return 10 * log10(max(2 * (total - known), 1) / (32_768 * 32_768))
    }
  }

  let rig: Rig
  let customer: Party
  let agent: Party
  let supervisor: Party
  private var now = 0

  init(
    _ rig: Rig, _ customer: Kind, _ agent: Kind, _ supervisor: Kind,
    tones: [[Double]] = [[500], [800], [1_300]], supervisorLevel: Double = Party.level
  ) throws {
    self.rig = rig
    func party(_ id: ParticipantID, _ role: Role, _ kind: Kind, _ phase: Int, _ tones: [Double]) throws
      -> Party
    {
      let numbers: [VoiceCoding: String] = [.mu: "0", .a: "8", .g722: "9", .opus: "96"]
      let phone = try rig.join(
        id, role, ptime: kind.ptime, codecs: numbers[kind.coding] ?? "0",
        extra: "a=rtpmap:96 opus/48000/2\r\n")
      return Party(
        kind, phone, phase: phase, tones: tones, level: role == .supervisor ? supervisorLevel : Party.level)
    }
    self.customer = try party(Rig.customer, .customer, customer, 0, tones[0])
    self.agent = try party(Rig.agent, .agent, agent, 7, tones[1])
    self.supervisor = try party(Rig.supervisor, .supervisor, supervisor, 12, tones[2])
  }

  var parties: [Party] { [customer, agent, supervisor] }

  func run(milliseconds: Int) throws {
    for _ in 0..<milliseconds {
      for party in parties where now >= party.phase && (now - party.phase) % party.kind.ptime == 0 {
        party.speak()
        try rig.barrier()
      }
      now += 1
      rig.clock.advance(ms: 1)
      try rig.settle()
      for party in parties { party.listen() }
    }
  }
}
