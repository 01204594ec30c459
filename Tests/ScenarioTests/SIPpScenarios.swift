import API
import Phones
import TestKit
import Testing

/// SIPp calls Earshot and is called by it: SIP that nobody here wrote. What must be said is in the files of `SIPp/`;
/// SIPp judges by them.
@Suite("S1 S3 S4 SIPp as trunk and as phone", .serialized, .timeLimit(.minutes(4)))
struct SIPpScenarios {
  private static let plainSDP = """
    v=0
    o=sipp 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 8
    """

  private func finish(_ floor: Floor) async throws {
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("S1 S3 SIPp as a trunk calls an agent: answer, sound both ways, BYE")
  func call() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("call", target: floor.sip, values: ["PAUSE": "1500"])
    let agent = try #require(await anna.nextCall())
    // SIPp sends back what it hears: the agent hears himself, through Earshot there and back.
    _ = await agent.firstSound()
    #expect(await floor.ear(agent).contains(tone: Floor.Tone.agent))
    #expect(agent.peer == "+49301234")
    let end = await agent.ended()
    #expect(end.isByPeer)
    try await sipp.finished()
    try await finish(floor)
  }

  @Test("S1 a supervisor listens to a call of SIPp's; SIPp's BYE ends it for all")
  func supervised() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("call", target: floor.sip, values: ["PAUSE": "3000"])
    let agent = try #require(await anna.nextCall())
    _ = try await floor.call { $0.phase == "answered" }
    let supervisor = try await sue.connect("*32anna", saying: .tone(Floor.Tone.supervisor))
    _ = await supervisor.firstSound()
    #expect(await floor.ear(agent).tones(of: [Floor.Tone.supervisor]) == [Floor.Tone.supervisor])
    // The customer's echo has nothing of the whisper, or the supervisor would hear himself.
    #expect(await floor.ear(supervisor).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent])
    #expect(await supervisor.ended().isByPeer)
    #expect(await agent.ended().isByPeer)
    try await sipp.finished()
    try await finish(floor)
  }

  @Test("S1 SIPp gives up while it rings: 487, and the phone stops ringing")
  func calledOff() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.ring)
    let sipp = try SIPp("called-off", target: floor.sip)
    let ringing = try #require(await anna.nextCall())
    #expect(await ringing.ended().isByPeer)
    try await sipp.finished()
    try await finish(floor)
  }

  @Test("S1 S2 SIPp holds and comes back by re-INVITE; the call says who holds")
  func hold() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .tone(Floor.Tone.agent))
    let sipp = try SIPp("hold", target: floor.sip, values: ["PAUSE": "700"])
    let agent = try #require(await anna.nextCall())
    let held = try await floor.call { !$0.heldBy.isEmpty }
    #expect(held.participants.first { $0.id == held.heldBy.first }?.role == "customer")
    _ = try await floor.call { $0.phase == "answered" && $0.heldBy.isEmpty }
    #expect(await agent.ended().isByPeer)
    try await sipp.finished()
    try await finish(floor)
  }

  @Test("S2 S4 OPTIONS is answered; SIPp transfers its call, is told how it goes, and is hung up")
  func otherRequests() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    await ben.setAnswering(.automatic, saying: .tone(Floor.Tone.second))
    try await SIPp("options", target: floor.sip).finished()
    let sipp = try SIPp("refer", target: floor.sip)
    let agent = try #require(await anna.nextCall())
    let second = try #require(await ben.nextCall())
    try await sipp.finished()
    #expect(await floor.ears(agent, second)[0] == [Floor.Tone.second])
    await agent.hangUp()
    try await finish(floor)
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let status: String
    var user = "anna"
    var address = "127.0.0.2"
    var sdp = SIPpScenarios.plainSDP
  }

  @Test(
    "S1 S4 what can't be is refused with the right status, and nothing is left of it",
    arguments: [
      Refusal(testDescription: "the agent is busy", status: "486"),
      Refusal(testDescription: "the agent isn't registered", status: "480", user: "ben"),
      Refusal(testDescription: "nobody of that name", status: "404", user: "nobody"),
      Refusal(testDescription: "a stranger's address", status: "403", address: "127.0.0.3"),
      Refusal(
        testDescription: "no common codec", status: "488",
        sdp: plainSDP.replacing("RTP/AVP 8", with: "RTP/AVP 18") + "\na=rtpmap:18 G729/8000"),
      Refusal(testDescription: "SDP that is none", status: "488", sdp: "v=0\nthis is no description"),
      Refusal(
        testDescription: "no address to send to", status: "488",
        sdp: plainSDP.replacing("IN IP4 [media_ip]", with: "IN IP4 nowhere.invalid")),
    ])
  func refused(_ refusal: Refusal) async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.refuse(486))
    let sipp = try SIPp(
      "refused", target: floor.sip, user: refusal.user, from: refusal.address,
      values: ["STATUS": refusal.status, "SDP": refusal.sdp])
    try await sipp.finished()
    #expect(try await floor.metric("earshot_sip_invites_total") == 1)
    #expect(try await floor.metric("earshot_sip_strangers_total") == (refusal.status == "403" ? 1 : 0))
    try await finish(floor)
  }

  @Test(
    "M8 A2 a feature code that isn't allowed is refused by a status with a Reason, after digest authentication"
  )
  func featureCode() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    func refuse(_ user: String, _ code: String, _ status: String, _ word: String) async throws {
      let values = ["FROM": user, "PASSWORD": "secret-\(user)", "STATUS": status, "WORD": word]
      try await SIPp("feature-refused", target: floor.sip, user: code, from: "127.0.0.1", values: values)
        .finished()
    }
    try await refuse("sue", "*31anna", "480", "call")
    let (customer, _) = try await floor.connect(agent: anna)
    try await refuse("lea", "*33anna", "403", "barge")
    try await refuse("anna", "*31anna", "403", "listen")
    try await refuse("sue", "*31nobody", "404", "nobody")
    await customer.hangUp()
    try await finish(floor)
  }

}
