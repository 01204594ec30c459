import API
import Phones
import Supervision
import TestKit
import Testing

/// A supervisor at his browser: what he hears is measured in the page, who hears him at the ears of the phones.
@Suite("W1 M1–M8 a supervisor in a browser", .serialized, .timeLimit(.minutes(4)))
struct BrowserSupervisionScenarios {
  private typealias Tone = Floor.Tone

  @Test("W1 M1 Listen with one click: both are heard in the page; it sends nothing, and the call is exact")
  func listen() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.recordedCall(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await floor.live(.listen, by: "sue")
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    #expect(try await sue.text("[data-test=who-hears-me-sentence]") == "Nobody hears you")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    #expect(try await sue.packetsSent() == 0, "a listening page has no voice to send")
    #expect(await floor.strangePackets(from: agent, at: customer) == [])
    #expect(await floor.strangePackets(from: customer, at: agent) == [])
    try await sue.click("[data-test=leave]")
    let closing = try await floor.entry { $0.action == "closed" && $0.supervisor == "sue" }
    #expect(closing.proof.allSatisfy { $0.listener == "supervisor" || $0.samples == 0 }, "\(closing.proof)")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("M2 push-to-talk: the agent hears while the key is held; the customer never, not one sample")
  func pushToTalk() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.recordedCall(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await sue.choose(.whisper)
    try await floor.live(.whisper, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "no key is held")
    for _ in 0..<2 {
      try await sue.hold("Space")
      try await floor.talks(true, by: "sue")
      try await sue.see("[data-test=who-hears-me-sentence]", saying: "hears you, the customer does not")
      _ = await agent.firstSound()
      #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer, Tone.supervisor]], "held")
      try await sue.release("Space")
      try await floor.talks(false, by: "sue")
      #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "let go")
    }
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent], "not himself")
    #expect(await floor.strangePackets(from: agent, at: customer) == [])
    await customer.hangUp()
    try await sue.see("[data-test=ending]")
    let closing = try await floor.entry { $0.action == "closed" && $0.supervisor == "sue" }
    func samples(at listener: String) -> UInt64 {
      closing.proof.filter { $0.listener == listener }.reduce(0) { $0 + $1.samples }
    }
    #expect(samples(at: "customer") == 0 && samples(at: "agent") > 4_800, "\(closing.proof)")
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "M3 M4 barge and takeover behind a confirm: tones at every ear; leaving after a takeover ends the call")
  func bargeAndTakeover() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await sue.click("[data-test=mode-barge]")
    try await sue.click("[data-test=barge-cancel]")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]], "he thought better of it")
    try await sue.choose(.barge)
    try await floor.talks(true, by: "sue")
    try await sue.see("[data-test=who-hears-me-sentence]", saying: "Everybody hears you")
    #expect(
      await floor.ears(customer, agent) == [
        [Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor],
      ])
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    try await sue.choose(.takeover)
    #expect(await agent.ended().isByPeer)
    try await floor.talks(true, by: "sue")
    #expect(await floor.ears(customer) == [[Tone.supervisor]])
    #expect(try await sue.hears([Tone.customer]) == [Tone.customer])

    try await sue.reload()
    try await sue.see("[data-test=who-hears-me-sentence]", saying: "hears you")
    #expect(try await sue.hears([Tone.customer]) == [Tone.customer])
    #expect(await floor.ears(customer) == [[Tone.supervisor]], "he is back as he was")
    try await sue.press("m")
    try await floor.talks(false, by: "sue")
    try await sue.reload()
    try await sue.see("[data-test=who-hears-me-hint]", saying: "Press M to be heard")
    #expect(await floor.ears(customer) == [[]], "no reload opens a microphone that was muted")
    try await sue.press("m")
    try await floor.talks(true, by: "sue")
    _ = await customer.firstSound()
    #expect(await floor.ears(customer) == [[Tone.supervisor]])
    try await sue.click("[data-test=leave]")
    try await sue.click("[data-test=leave-accept]")
    #expect(await customer.ended().isByPeer)
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("A1 where a whisper needs a purpose the page asks for it, once, and it is in the audit")
  func purpose() async throws {
    let floor = try await Floor(.init(policy: "purposeRequired: ['whisper','barge']"))
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await sue.ask(for: .whisper)
    try await sue.click("[data-test=whisper-cancel]")
    try await floor.live(.listen, by: "sue")
    try await sue.ask(for: .whisper)
    try await sue.fill("[data-test=ask-purpose]", "coaching in the first week")
    try await sue.click("[data-test=whisper-accept]")
    try await floor.live(.whisper, by: "sue")
    // A purpose belongs to a whole session: it is said for what follows too.
    try await sue.choose(.barge)
    try await floor.talks(true, by: "sue")
    #expect(
      await floor.ears(customer, agent) == [
        [Tone.agent, Tone.supervisor], [Tone.customer, Tone.supervisor],
      ])
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    try await sue.click("[data-test=leave]")
    let opened = try await floor.entry { $0.supervisor == "sue" && $0.purpose != nil }
    #expect(opened.purpose == "coaching in the first week")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("W5 M2 Space on the focused Leave leaves, and opens no microphone")
  func spaceOnLeave() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, _) = try await floor.connect(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await sue.choose(.whisper)
    try await floor.live(.whisper, by: "sue")
    try await sue.until("() => document.activeElement.dataset.test === 'talk'")
    for _ in 0..<5 { try await sue.press("Tab") }
    try await sue.until("() => document.activeElement.dataset.test === 'leave'")
    try await sue.press("Space")
    let closing = try await floor.entry { $0.action == "closed" && $0.supervisor == "sue" }
    #expect(closing.outcome == "left; spoke 0 times, 0.0 s")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("W1 M2 a question for the microphone that waits for an answer holds up nothing: leave, listen again")
  func unansweredMicrophone() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    var settings = Browser.Settings()
    settings.script = """
      {
        const devices = navigator.mediaDevices;
        const real = devices.getUserMedia.bind(devices);
        devices.getUserMedia = async (wanted) => {
          const stream = await real(wanted);
          await new Promise((allow) => { window.allowMicrophone = allow; });
          window.microphoneOfTest = stream.getTracks()[0];
          return stream;
        };
      }
      """
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor, settings)
    try await sue.listen()
    try await sue.ask(for: .whisper)
    try await sue.until("() => window.allowMicrophone !== undefined")
    try await sue.click("[data-test=leave]")
    try await floor.unsupervised()
    try await sue.listen()
    try await floor.live(.listen, by: "sue")
    // Allowed at last: for a wish that is over. Nobody hears him, and the browser's sign of a microphone goes out.
    try await sue.evaluate("window.allowMicrophone()")
    try await sue.until("() => window.microphoneOfTest?.readyState === 'ended'")
    try await floor.live(.listen, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    try await sue.click("[data-test=leave]")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("M2 M4 a whisper that ends because another takes over gives the microphone back")
  func loweredByServer() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    var settings = Browser.Settings()
    settings.script = """
      {
        const real = navigator.mediaDevices.getUserMedia;
        window.microphonesOfTest = [];
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          const stream = await real(wanted);
          window.microphonesOfTest.push(...stream.getTracks());
          return stream;
        };
      }
      """
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor, settings)
    try await sue.listen()
    try await sue.choose(.whisper)
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    let open = "window.microphonesOfTest.some((track) => track.readyState === 'live')"
    try await sue.until("() => \(open)")
    let tom = try await floor.browser(as: "tom", saying: Tone.second)
    try await tom.listen()
    try await tom.choose(.takeover)
    #expect(await agent.ended().isByPeer)
    try await floor.live(.listen, by: "sue")
    try await sue.until("() => !\(open)")
    try await floor.talks(true, by: "tom")
    #expect(await floor.ears(customer) == [[Tone.second]])
    try await sue.release("Space")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test("M6 two supervisors on one call, one at a browser and one at another: each in a mode of his own")
  func two() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    let tom = try await floor.browser(as: "tom", saying: Tone.second)
    try await sue.listen()
    try await tom.listen()
    try await sue.choose(.whisper)
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer, Tone.supervisor]])
    #expect(
      try await tom.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent],
      "a whisper is the agent's alone")
    try await tom.choose(.barge)
    try await floor.talks(true, by: "tom")
    #expect(
      await floor.ears(customer, agent) == [
        [Tone.agent, Tone.second], [Tone.customer, Tone.supervisor, Tone.second],
      ])
    let all: Set<Double> = [Tone.customer, Tone.agent, Tone.second]
    #expect(try await sue.hears(all) == all)
    try await tom.click("[data-test=leave]")
    try await sue.release("Space")
    try await floor.talks(false, by: "sue")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  @Test(
    "S3 M2 a tab that is closed amid a whisper: the agent hears him no more, the call and the books go on")
  func tabClosed() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.recordedCall(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await sue.listen()
    try await sue.choose(.whisper)
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    #expect(await floor.ears(agent) == [[Tone.customer, Tone.supervisor]])
    try await sue.closeTab()
    try await floor.unsupervised()
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    #expect(await floor.strangePackets(from: agent, at: customer) == [])
    let seen = await agent.observation()
    #expect(seen.isContinuous, "\(seen)")
    _ = try await floor.entry { $0.action == "closed" && $0.supervisor == "sue" }
    await customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }
}
