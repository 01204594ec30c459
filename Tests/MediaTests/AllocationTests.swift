import Audio
import CAllocations
import Glibc
import Testing

@testable import Media

/// What one thread asks of the heap. The only user of `CAllocations`, which keeps its count by source file.
enum AllocationCount {
  static func watch(thread: UInt) {
    // Naming it puts it into the executable.
    free(allocations_malloc(1))
    allocations_watch(thread)
  }

  static func unwatch() -> Int { allocations_unwatch() }
}

@Suite("Memory on the packet path")
struct AllocationTests {
  @Test("M2 no allocation per packet: 20,000 packets of a whispered call")
  func none() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig, laws: (.mu, .a, .mu))
      try rig.apply(ModeTests.barge, ducking: true)
      try talk.run(50)
      var tone = ToneSource(frequency: 440)
      let sound = tone.samples(160).encoded(.mu)
      rig.watchAllocations()
      for round in 0..<7_000 {
        rig.clock.advance(ms: 20)
        for phone in [talk.supervisor.phone, talk.customer.phone, talk.agent.phone] {
          phone.send(sound, payloadType: 0)
        }
        for phone in [talk.supervisor.phone, talk.customer.phone, talk.agent.phone] {
          _ = try #require(phone.rawReceive(), "round \(round)")
        }
      }
      let counted = rig.unwatchAllocations()
      // The runtime itself may ask for something once; a packet may not.
      #expect(counted < 21, "\(counted) allocations in 21,000 packets")
    }
  }

  @Test("M2 no allocation where sound doesn't come and is made up for")
  func gaps() async throws {
    try await Rig.run { rig in
      let talk = try Conversation(rig, laws: (.mu, .mu, .mu))
      try rig.apply(ModeTests.barge, ducking: true)
      try talk.run(50)
      var tone = ToneSource(frequency: 440)
      let sound = tone.samples(160).encoded(.mu)
      for round in 0..<1_030 {
        // The first gaps have the runtime ask for something, once.
        if round == 30 { rig.watchAllocations() }
        rig.clock.advance(ms: 20)
        if round % 3 != 0 { talk.supervisor.phone.send(sound, payloadType: 0) }
        for phone in [talk.customer.phone, talk.agent.phone] { phone.send(sound, payloadType: 0) }
        for phone in [talk.supervisor.phone, talk.customer.phone, talk.agent.phone] {
          _ = try #require(phone.rawReceive(), "round \(round)")
        }
      }
      let counted = rig.unwatchAllocations()
      #expect(counted < 3, "\(counted) allocations in 3,000 packets")
    }
  }

  @Test("M13 no allocation per packet where codecs and bands are mixed")
  func mixed() async throws {
    try await Rig.run { rig in
      let talk = try CodedConversation(
        rig, .init(coding: .g722), .init(coding: .a), .init(coding: .opus))
      try rig.apply(ModeTests.barge, ducking: true)
      try talk.run(milliseconds: 200)
      rig.watchAllocations()
      for round in 0..<3_000 {
        rig.clock.advance(ms: 20)
        for party in [talk.supervisor, talk.customer, talk.agent] { party.speak() }
        for party in [talk.supervisor, talk.customer, talk.agent] {
          _ = try #require(party.phone.rawReceive(), "round \(round)")
        }
      }
      let counted = rig.unwatchAllocations()
      #expect(counted < 9, "\(counted) allocations in 9,000 packets")
    }
  }

  @Test("M2 the count sees what a worker allocates between packets")
  func counts() async throws {
    try await Rig.run { rig in
      _ = try rig.parties()
      rig.watchAllocations()
      try rig.apply(ModeTests.listen)
      #expect(rig.unwatchAllocations() > 0)
    }
  }
}
