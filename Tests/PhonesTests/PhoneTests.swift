import Audio
import Phones
import RTP
import TestKit
import Testing

/// Phones that call one another without a server between them.
@Suite(.timeLimit(.minutes(1))) struct PhoneTests {
  private func bank() async throws -> (PhoneBank, Phone, Phone) {
    let bank = PhoneBank()
    try await bank.open()
    let server = await "127.0.0.1:\(bank.port)"
    let anna = await bank.phone(PhoneAccount(user: "anna", name: "Anna"), server: server)
    let carl = await bank.phone(PhoneAccount(user: "carl"), server: server)
    return (bank, anna, carl)
  }

  @Test("a call is answered, each side hears the other's tone, and hanging up ends it for both")
  func call() async throws {
    let (bank, anna, carl) = try await bank()
    await anna.setAnswering(.automatic, saying: .tone(440))
    let out = try await carl.connect("anna", saying: .tone(1_000))
    let into = try #require(await anna.nextCall())
    await into.wait(for: .answered)
    #expect(into.peer == "carl")
    _ = await into.firstSound()
    async let atAnna = into.hear(milliseconds: 300)
    async let atCarl = out.hear(milliseconds: 300)
    let (annas, carls) = await (Ear(atAnna), Ear(atCarl))
    #expect(annas.tones(of: [440, 1_000]) == [1_000])
    #expect(carls.tones(of: [440, 1_000]) == [440])
    await out.press("5")
    _ = await into.hear(milliseconds: 200)
    #expect(await into.observation().digits == "5")
    await out.hangUp()
    let end = await into.ended()
    #expect(end.isByPeer)
    #expect(end.status == 200)
    #expect(await bank.liveCalls == 0)
    await bank.stop()
  }

  @Test(
    "hold is offered as sendonly or inactive and lifted again",
    arguments: [SDPDirection.sendonly, .inactive])
  func hold(direction: SDPDirection) async throws {
    let (bank, anna, carl) = try await bank()
    let out = try await carl.connect("anna", saying: .tone(1_000))
    let into = try #require(await anna.nextCall())
    await into.wait(for: .answered)
    try await out.hold(direction)
    let held = await into.wait { $0.agreements == 2 }
    #expect(held.isHeldByPeer)
    #expect(held.audio?.localDirection == (direction == .sendonly ? .recvonly : .inactive))
    try await out.unhold()
    let back = await into.wait { $0.agreements == 3 }
    #expect(!back.isHeldByPeer)
    _ = await into.firstSound()
    #expect(Ear(await into.hear(milliseconds: 300)).contains(tone: 1_000))
    await into.hangUp()
    #expect(await out.ended().isByPeer)
    await bank.stop()
  }

  @Test(
    "a refusal, a busy line, nobody there", arguments: [(Answering.refuse(486), 486), (.refuse(603), 603)])
  func refusal(answering: Answering, status: Int) async throws {
    let (bank, anna, carl) = try await bank()
    await anna.setAnswering(answering)
    let error = await #expect(throws: PhoneRefusal.self) { try await carl.connect("anna") }
    #expect(error?.status == status)
    let nobody = await #expect(throws: PhoneRefusal.self) { try await carl.connect("nobody") }
    #expect(nobody?.status == 404)
    #expect(await bank.liveCalls == 0)
    await bank.stop()
  }

  @Test("an INVITE taken back ends the ringing")
  func cancel() async throws {
    let (bank, anna, carl) = try await bank()
    await anna.setAnswering(.ring)
    let out = try await carl.call("anna")
    await out.wait(for: .ringing)
    let into = try #require(await anna.nextCall())
    await out.hangUp()
    #expect(await into.ended().status == 487)
    #expect(await out.ended().status == 487)
    await bank.stop()
  }

  @Test("early sound is heard before the answer")
  func early() async throws {
    let (bank, anna, carl) = try await bank()
    await anna.setAnswering(.ring, saying: .tone(440))
    let out = try await carl.call("anna")
    let into = try #require(await anna.nextCall())
    await into.ring(early: true)
    await out.wait(for: .early)
    #expect(await out.firstSound() != nil)
    #expect(out.state.phase == .early)
    await into.answer()
    try await out.answered()
    await out.hangUp()
    await bank.stop()
  }

}
