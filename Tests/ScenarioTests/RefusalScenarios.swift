import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

@Suite("M7 M8 A2 refusals on the wire", .serialized, .timeLimit(.minutes(2)))
struct RefusalScenarios {
  private func refusal(_ phone: Phone, _ number: String) async throws -> PhoneRefusal? {
    do {
      _ = try await phone.connect(number)
      return nil
    } catch let refusal as PhoneRefusal {
      return refusal
    }
  }

  @Test("M8 a wrong agent, no call, no right: a SIP error with a Reason, never a 200 followed by a hang-up")
  func byPhone() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    let lea = try await floor.phone("lea")
    let sam = try await floor.phone("sam")
    #expect(try await refusal(sue, "*31anna")?.status == 480, "she is in no call")
    let (customer, _) = try await floor.connect(agent: anna)
    #expect(try await refusal(sue, "*31nobody")?.status == 404)
    let denied = try await refusal(lea, "*33anna")
    #expect(denied?.status == 403 && denied?.reason?.text.contains("barge") == true)
    #expect(try await refusal(sam, "*31anna")?.status == 480, "out of scope looks like no call")
    #expect(try await refusal(anna, "*31anna")?.status == 403, "an agent is no supervisor")
    #expect(try await refusal(sue, "1234")?.status == 404)
    // A listener's key for more than he may: nothing is heard of him, and it is audited.
    let listener = try await lea.connect("*31anna", saying: .tone(Floor.Tone.supervisor))
    _ = await listener.firstSound()
    await listener.press("5")
    _ = try await floor.entry { $0.action == "refused" && $0.mode == "whisper" }
    #expect(await floor.ear(customer).lacks(tone: Floor.Tone.supervisor))
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("S4 strangers and wrong passwords are refused; nothing is done for them")
  func strangers() async throws {
    let floor = try await Floor()
    let bank = PhoneBank(address: "127.0.0.3")
    try await bank.open()
    let stranger = await bank.phone(PhoneAccount(user: "mallory"), server: floor.sip)
    #expect(try await refusal(stranger, "anna")?.status == 403)
    let guesser = await floor.phones.phone(PhoneAccount(user: "sue", password: "wrong"), server: floor.sip)
    await #expect(throws: PhoneRefusal.self) { try await guesser.register() }
    #expect(try await floor.metric("earshot_sip_strangers_total") >= 1)
    await bank.stop()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("S1 busy, not registered, no answer to a cancelled call: the caller is told as it was")
  func calledSide() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let customer = await floor.customer()
    #expect(try await refusal(customer, "ben")?.status == 480, "not registered")
    await anna.setAnswering(.refuse(486))
    #expect(try await refusal(customer, "anna")?.status == 486)
    await anna.setAnswering(.ring)
    let call = try await customer.call("anna")
    let ringing = try #require(await anna.nextCall())
    await call.wait(for: .ringing)
    await call.hangUp()
    #expect(await ringing.ended().isByPeer)
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("M6 A1 by REST: another call 409, no right 403, out of scope 404, a device outside the policy 422")
  func byREST() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    let sue = try await floor.phone("sue")
    await sue.setAnswering(.automatic)
    let (first, _) = try await floor.connect(agent: anna)
    let (second, _) = try await floor.connect(agent: ben, customer: floor.customer("+49309999"))
    let one = try await floor.call { $0.agents == ["anna"] && $0.phase == "answered" }
    let two = try await floor.call { $0.agents == ["ben"] && $0.phase == "answered" }
    func status(_ user: String, _ call: String, _ request: APIClient.SupervisionRequest) async -> Int? {
      do {
        _ = try await floor.client(user).supervise(call, request)
        return nil
      } catch {
        if case .problem(let problem) = error { return problem.status }
        return -1
      }
    }
    #expect(await status("sue", one.id, .init(mode: .listen, sip: "sue")) == nil)
    _ = try await floor.call { $0.sessions.first?.phase == "live" }
    #expect(await status("sue", two.id, .init(mode: .listen, sip: "sue")) == 409)
    #expect(await status("lea", one.id, .init(mode: .barge, sip: "sue")) == 403)
    #expect(await status("sam", one.id, .init(mode: .listen, sip: "sam")) == 404)
    #expect(await status("tom", one.id, .init(mode: .listen, sip: "sip:tom@192.0.2.1")) == 422)
    #expect(await status("tom", "no-such-call", .init(mode: .listen, sip: "tom")) == 404)
    #expect(try await floor.client("sam").calls().map(\.agents) == [["ben"]])
    await first.hangUp()
    await second.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("M8 the supervisor's phone is busy or isn't registered: the session ends with that reason, audited")
  func deviceFails() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let sue = try await floor.phone("sue")
    await sue.setAnswering(.refuse(486))
    let (customer, _) = try await floor.connect(agent: anna)
    let call = try await floor.call { $0.phase == "answered" }
    for (device, word) in [("sue", "busy"), ("tom", "registered")] {
      let session = try await floor.client().supervise(call.id, .init(mode: .listen, sip: device))
      let after = try await floor.call { $0.sessions.contains { $0.id == session.id && $0.phase == "ended" } }
      #expect(after.sessions.first { $0.id == session.id }?.endReason?.contains(word) == true)
    }
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }
}
