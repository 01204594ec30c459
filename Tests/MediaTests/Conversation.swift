import Audio
import RTP
import Supervision

@testable import Media

/// Phones that send in step with the manual clock, each a tone of his own, and what each of them has heard.
final class Conversation {
  final class Party {
    let phone: TestPhone
    /// Hz
    let frequency: Double
    /// ms from the beginning of each 20 ms.
    let phase: Double
    var tone: ToneSource
    var isSending = true
    var heard: [Heard] = []
    /// Virtual ns when each packet was taken in.
    var heardAt: [Int64] = []

    init(_ phone: TestPhone, frequency: Double, phase: Double, level: Double = -16) {
      self.phone = phone
      self.frequency = frequency
      self.phase = phase
      tone = ToneSource(frequency: frequency, level: level)
    }
  }

  let rig: Rig
  let customer: Party
  let agent: Party
  let supervisor: Party
  var second: Party?

  init(
    _ rig: Rig, laws: (G711Law, G711Law, G711Law) = (.mu, .mu, .mu), phases: [Double] = [0, 6, 11, 15],
    hasSecond: Bool = false
  ) throws {
    self.rig = rig
    customer = Party(
      try rig.join(Rig.customer, .customer, law: laws.0), frequency: 500, phase: phases[0])
    agent = Party(try rig.join(Rig.agent, .agent, law: laws.1), frequency: 800, phase: phases[1])
    supervisor = Party(
      try rig.join(Rig.supervisor, .supervisor, law: laws.2), frequency: 1_300, phase: phases[2])
    if hasSecond {
      second = Party(try rig.join(Rig.second, .supervisor), frequency: 1_700, phase: phases[3])
    }
  }

  var parties: [Party] { [customer, agent, supervisor] + (second.map { [$0] } ?? []) }

  /// Lets that many packet times pass.
  func run(_ frames: Int, between: (Int) throws -> Void = { _ in }) throws {
    for frame in 0..<frames {
      var time = 0.0
      for party in parties.sorted(by: { $0.phase < $1.phase }) {
        rig.clock.advance(ms: party.phase - time)
        time = party.phase
        // The timers of the moment fire before the packet comes.
        try rig.barrier()
        if party.isSending {
          party.phone.send(party.tone.samples(160).encoded(party.phone.law))
        } else {
          party.phone.timestamp &+= 160
        }
        try rig.barrier()
        collect()
      }
      try between(frame)
      rig.clock.advance(ms: 20 - time)
      try rig.barrier()
      collect()
    }
  }

  private func collect() {
    for party in parties {
      for heard in party.phone.receiveAll() {
        party.heard.append(heard)
        party.heardAt.append(rig.clock.now)
      }
    }
  }

  func forget() {
    for party in parties {
      party.heard = []
      party.heardAt = []
    }
  }
}

extension Conversation.Party {
  /// What was heard, from the given packet on, in linear samples.
  func sound(from first: Int = 0) -> [Int16] {
    heard.dropFirst(first).filter { $0.header.payloadType == 0 || $0.header.payloadType == 8 }
      .flatMap { $0.payload.linear($0.header.payloadType == 0 ? .mu : .a) }
  }

  /// Level of another's tone at this ear, in dBFS.
  func level(of other: Conversation.Party, from first: Int = 5) -> Double {
    Goertzel(frequency: other.frequency).level(sound(from: first))
  }

  func hears(_ other: Conversation.Party, from first: Int = 5) -> Bool {
    level(of: other, from: first) > -20
  }

  func hearsNothing(of other: Conversation.Party, from first: Int = 0) -> Bool {
    level(of: other, from: first) < -55
  }

  /// Packets that break the run of numbers: another SSRC, a number that isn't the next, a timestamp that doesn't
  /// go on by what was sent.
  var breaks: Int {
    zip(heard, heard.dropFirst()).count { a, b in
      a.header.ssrc != b.header.ssrc || b.header.sequence != a.header.sequence &+ 1
        || b.header.timestamp != a.header.timestamp &+ UInt32(a.payload.count)
    }
  }

  /// The longest time without a packet, in ms.
  var longestGap: Double {
    Double(zip(heardAt, heardAt.dropFirst()).map { $1 - $0 }.max() ?? 0) / 1e6
  }
}
