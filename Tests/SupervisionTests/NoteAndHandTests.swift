import Supervision
import Testing

private let anna = CallDriver.principal("anna", [])

@Suite("M10 M12 notes and raised hands")
struct NoteAndHandTests {
  @Test("M10 notes are kept with the call's record, with author and time")
  func notes() throws {
    var driver = CallDriver.answered()
    driver.advance(milliseconds: 5_000)
    let request = driver.ask { .note($0, " Angry about the bill ", by: CallDriver.principal()) }
    #expect(driver.done[request] == .some(nil))
    driver.send(.ended(CallDriver.customerLeg, .normal))
    let note = try #require(driver.record?.snapshot.notes.first)
    #expect(note.text == "Angry about the bill" && note.author == UserID("sue") && note.authorName == "SUE")
    #expect(note.callClock >= 5_000 && driver.record?.snapshot.notes.count == 1)
  }

  @Test("M10 notes that aren't taken: outside the scope, too late, no text, too long, too many")
  func badNotes() {
    var driver = CallDriver.answered()
    func note(_ text: String, by who: Principal = CallDriver.principal()) -> Refusal? {
      driver.refused { .note($0, text, by: who) }
    }
    func isBad(_ text: String) -> Bool { if case .badText? = note(text) { true } else { false } }
    #expect(note("x", by: CallDriver.principal("zoe", [])) == .unknownCall)
    #expect(isBad("") && isBad(" ") && isBad(String(repeating: "x", count: 2_001)))
    for _ in 0..<200 { #expect(note("x") == nil) }
    #expect(isBad("one more") && driver.call.snapshot.notes.count == 200)
    driver.send(.ended(CallDriver.customerLeg, .normal))
    #expect(note("x") == .callNotActive)
  }

  @Test("M12 a hand is raised with a word, keeps its time when the word changes, and is lowered")
  func hand() throws {
    var driver = CallDriver.answered()
    driver.ask { .hand($0, .raised(" refund "), by: anna) }
    let first = try #require(driver.call.snapshot.hand)
    #expect(first.word == "refund" && first.agent == ParticipantID(2))
    driver.advance(milliseconds: 1_000)
    driver.ask { .hand($0, .raised(nil), by: anna) }
    #expect(driver.call.snapshot.hand == RaisedHand(agent: ParticipantID(2), word: nil, since: first.since))
    let lowered = driver.ask { .hand($0, .lowered, by: anna) }
    #expect(driver.call.snapshot.hand == nil && driver.done[lowered] == .some(nil))
  }

  @Test("M12 hands that aren't raised: not his call, not answered, too long a word")
  func badHands() {
    var driver = CallDriver()
    func raise(_ word: String?, by who: Principal = anna) -> Refusal? {
      driver.refused { .hand($0, .raised(word), by: who) }
    }
    #expect(raise(nil) == .callNotActive)
    driver.send(.answered(CallDriver.agentLeg, sdp: "answer", source: ""))
    let foreign = Principal(user: UserID("anna"), name: "A", tenant: TenantID("other"), grants: [])
    for who in [foreign, CallDriver.principal("ben", []), CallDriver.principal("5551", [])] {
      #expect(raise(nil, by: who) == .unknownCall)
    }
    guard case .badText? = raise(String(repeating: "x", count: 81)) else {
      Issue.record("too long a word was taken")
      return
    }
    #expect(driver.call.snapshot.hand == nil)
    #expect(raise(String(repeating: "x", count: 80)) == nil)
  }

  @Test("M12 the hand goes with the agent: released, or at the end of the call")
  func handGoes() {
    var driver = CallDriver.answered()
    driver.ask { .hand($0, .raised(nil), by: anna) }
    driver.browse(.takeover)
    #expect(driver.call.snapshot.hand == nil && driver.call.phase == .answered)
    var other = CallDriver.answered()
    other.ask { .hand($0, .raised(nil), by: anna) }
    other.send(.ended(CallDriver.customerLeg, .normal))
    #expect(other.record?.snapshot.hand == nil)
  }
}
