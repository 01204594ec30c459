import API
import Phones
import Supervision
import TestKit
import Testing

/// An agent whose phone is a page.
@Suite("W3 M12 the agent's page", .serialized, .timeLimit(.minutes(4)))
struct BrowserPhoneScenarios {
  private typealias Tone = Floor.Tone

  /// What the page says about who supervises: the mode, or `none`.
  private func expectMonitoring(_ page: Browser, _ state: String) async throws {
    try await page.see("[data-test=monitoring][data-state=\(state)]")
  }

  /// A customer's call that the agent takes in the page.
  private func connect(_ floor: Floor, _ anna: Browser) async throws -> PhoneCall {
    let customer = try await floor.customer().call("anna", saying: .tone(Tone.customer))
    try await anna.click("[data-test=answer]")
    try await customer.answered()
    _ = await customer.firstSound()
    return customer
  }

  /// Loads the page anew, and waits until its call has sound again.
  private func reload(_ page: Browser) async throws {
    try await page.reload()
    try await page.until("() => window.connectionsOfTest.some((one) => one.connectionState === 'connected')")
  }

  @Test("W3 I1 a call on hold is on hold after a reload of the page, and a muted one muted")
  func reloaded() async throws {
    let floor = try await Floor()
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let customer = try await connect(floor, anna)
    #expect(await floor.ears(customer) == [[Tone.agent]])
    try await anna.click("[data-test=hold]")
    _ = try await floor.call { !$0.heldBy.isEmpty }
    try await reload(anna)
    try await anna.see("[data-test=hold][aria-pressed=true]")
    #expect(await floor.ear(customer, milliseconds: 2_500).lacks(tone: Tone.agent), "still on hold")
    let held = try await floor.call { $0.phase == "answered" }
    #expect(!held.heldBy.isEmpty)
    try await anna.click("[data-test=hold]")
    _ = try await floor.call { $0.heldBy.isEmpty }
    #expect(await floor.ears(customer) == [[Tone.agent]])
    #expect(try await anna.hears([Tone.customer]) == [Tone.customer])

    try await anna.click("[data-test=mute]")
    try await anna.see("[data-test=mute][aria-pressed=true]")
    try await reload(anna)
    try await anna.see("[data-test=mute][aria-pressed=true]")
    #expect(try await anna.hears([Tone.customer]) == [Tone.customer])
    #expect(await floor.ear(customer, milliseconds: 2_500).lacks(tone: Tone.agent), "still muted")
    try await anna.click("[data-test=mute]")
    try await anna.see("[data-test=mute][aria-pressed=false]")
    _ = await customer.firstSound()
    #expect(await floor.ears(customer) == [[Tone.agent]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("W3 I1 a customer's call: answer, sound both ways, mute, keys, hold, hang up")
  func softphone() async throws {
    let floor = try await Floor()
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let customer = try await connect(floor, anna)
    #expect(try await anna.hears([Tone.customer]) == [Tone.customer])
    #expect(await floor.ears(customer) == [[Tone.agent]])
    try await anna.click("[data-test=mute]")
    try await anna.see("[data-test=mute][aria-pressed=true]")
    #expect(await floor.ears(customer) == [[]], "muted")
    try await anna.click("[data-test=mute]")
    try await anna.see("[data-test=mute][aria-pressed=false]")
    _ = await customer.firstSound()
    #expect(await floor.ears(customer) == [[Tone.agent]])

    try await anna.click("[data-test=keypad] summary")
    for key in ["5", "#"] { try await anna.click("[data-test=phone-call] [data-test='key-\(key)']") }
    try await anna.until("() => document.querySelector('[data-test=digits]').textContent.includes('#')")
    let deadline = ContinuousClock.now + .seconds(5)
    while true {
      let digits = await customer.observation().digits
      if digits == "5#" { break }
      try #require(ContinuousClock.now < deadline, "\(digits)")
    }

    try await anna.click("[data-test=hold]")
    _ = try await floor.call { !$0.heldBy.isEmpty }
    #expect(await floor.ear(customer, milliseconds: 2_500).lacks(tone: Tone.agent), "on hold")
    try await anna.click("[data-test=hold]")
    _ = try await floor.call { $0.heldBy.isEmpty }
    #expect(await floor.ears(customer) == [[Tone.agent]])
    #expect(try await anna.hears([Tone.customer]) == [Tone.customer])
    try await anna.click("[data-test=hang-up]")
    #expect(await customer.ended().isByPeer)
    try await anna.see("[data-test=no-call]")
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("W3 a customer hangs up; a call is rejected; the page dials out")
  func others() async throws {
    let floor = try await Floor()
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let first = try await connect(floor, anna)
    await first.hangUp()
    try await anna.see("[data-test=no-call]")
    let second = try await floor.customer().call("anna")
    try await anna.click("[data-test=reject]")
    #expect(await second.ended().status >= 400)
    let ben = try await floor.phone("ben")
    await ben.setAnswering(.automatic, saying: .tone(Tone.customer))
    try await anna.fill("[data-test=dial-number]", "ben")
    try await anna.click("[data-test=dial]")
    let called = try #require(await ben.nextCall())
    await called.wait(for: .answered)
    _ = await called.firstSound()
    #expect(await floor.ears(called) == [[Tone.agent]])
    #expect(try await anna.hears([Tone.customer]) == [Tone.customer])
    await called.hangUp()
    try await anna.see("[data-test=no-call]")
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "W3 the monitoring indicator comes with the mode and goes: leaving, a tab closed, a reload, the call's end"
  )
  func monitoring() async throws {
    let floor = try await Floor(.init(policy: "agentSees: ['listen','whisper','barge','takeover']"))
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let customer = try await connect(floor, anna)
    try await expectMonitoring(anna, "none")
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await expectMonitoring(anna, "listen")
    try await sue.choose(.whisper)
    try await expectMonitoring(anna, "whisper")
    try await sue.click("[data-test=leave]")
    try await expectMonitoring(anna, "none")

    try await sue.listen()
    try await expectMonitoring(anna, "listen")
    try await anna.reload()
    try await expectMonitoring(anna, "listen")
    #expect(try await anna.hears([Tone.customer]) == [Tone.customer], "the reloaded page has its call back")
    #expect(await floor.ears(customer) == [[Tone.agent]])
    try await sue.closeTab()
    try await expectMonitoring(anna, "none")

    let tom = try await floor.browser(as: "tom", saying: Tone.second)
    try await tom.listen()
    try await expectMonitoring(anna, "listen")
    await customer.hangUp()
    try await expectMonitoring(anna, "none")
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("W3 of what the policy hides the agent's page shows nothing")
  func hidden() async throws {
    let floor = try await Floor(.init(policy: "agentSees: ['barge']"))
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let customer = try await connect(floor, anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await floor.live(.listen, by: "sue")
    try await sue.choose(.barge)
    try await expectMonitoring(anna, "barge")
    try await sue.choose(.listen)
    try await expectMonitoring(anna, "none")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "M9 M12 a text cue reaches the agent's page alone; a raised hand with its word is seen on the floor, and lowered"
  )
  func cueAndHand() async throws {
    let floor = try await Floor()
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let customer = try await connect(floor, anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await anna.fill("[data-test=hand-word]", "Refund")
    try await anna.click("[data-test=hand-raise]")
    try await sue.see("[data-test=row-flags]", saying: "Refund")
    try await sue.listen()
    try await sue.fill("[data-test=cue-text]", "Offer 10 % for the delay")
    try await sue.click("[data-test=cue-send]")
    try await anna.see("[data-test=cue]", saying: "Offer 10 % for the delay")
    #expect(await floor.ears(customer) == [[Tone.agent]])
    try await anna.click("[data-test=hand-lower]")
    try await sue.until("() => !document.querySelector('[data-test=row-flags]').innerText.includes('Refund')")
    let cue = try await floor.entry { $0.action == "cue" }
    #expect(cue.reason == "Offer 10 % for the delay")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("W3 M2 where the policy says so, the agent is asked before a whisper: rejected, then accepted")
  func consent() async throws {
    let floor = try await Floor(.init(policy: "agentAcceptsWhisper: true"))
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    let customer = try await connect(floor, anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await sue.ask(for: .whisper)
    try await anna.click("[data-test=whisper-reject]")
    try await anna.seeNo("[data-test=whisper-ask]")
    try await floor.live(.listen, by: "sue")
    try await sue.ask(for: .whisper)
    try await anna.click("[data-test=whisper-accept]")
    try await sue.see("[data-test=mode-whisper][aria-pressed=true]")
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    let both: Set<Double> = [Tone.customer, Tone.supervisor]
    #expect(try await anna.hears(both) == both)
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
