import Phones
import TestKit
import Testing

/// A centre whose phones and trunk speak IPv6.
@Suite("I1 IPv6", .serialized, .timeLimit(.minutes(3)))
struct IPv6Scenarios {
  @Test("I1 M1 a call by IPv6, SIP and sound, with a supervisor who listens")
  func call() async throws {
    let floor = try await Floor(Floor.Settings(), address: "::1")
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let carol = try await floor.phone("carol")
    let (customer, agent) = try await floor.connect(agent: anna, customer: carol)
    _ = await customer.firstSound()
    _ = await agent.firstSound()
    #expect(await floor.ear(customer).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent])
    #expect(await floor.ear(agent).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.customer])
    let supervisor = try await sue.connect("*31anna", saying: .tone(Floor.Tone.supervisor))
    _ = await supervisor.firstSound()
    #expect(
      await floor.ear(supervisor).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent, Floor.Tone.customer])
    #expect(await floor.ear(agent).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.customer])
    await customer.hangUp()
    _ = await agent.ended()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("I1 a caller whose sound is of the other IP version is refused with the reason (488)")
  func mixed() async throws {
    let floor = try await Floor()
    _ = try await floor.phone("anna")
    let sdp = "v=0\no=x 1 1 IN IP6 ::1\ns=-\nc=IN IP6 ::1\nt=0 0\nm=audio 4000 RTP/AVP 8"
    let sipp = try SIPp("refused", target: floor.sip, values: ["STATUS": "488", "SDP": sdp])
    try await sipp.finished()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
