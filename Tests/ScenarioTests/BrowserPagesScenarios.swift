import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// Every page in light and dark: judged by axe, and a picture of each kept in `artifacts/`.
@Suite("W5 Q1 the pages themselves", .serialized, .timeLimit(.minutes(4)))
struct BrowserPagesScenarios {
  private typealias Tone = Floor.Tone

  private func judge(_ page: Browser, _ name: String) async throws {
    for scheme in ["light", "dark"] {
      try await page.setScheme(scheme)
      try await page.screenshot("\(name)-\(scheme)")
      let faults = try await page.accessibilityFaults()
      #expect(faults == [], "\(name), \(scheme)")
    }
    try await page.setScheme("light")
  }

  @Test("W5 sign-in: a wrong name is told as a wrong password is; no fault of WCAG 2.2 AA, light and dark")
  func signIn() async throws {
    let floor = try await Floor()
    let page = try await Browser("sue", at: floor.api)
    try await page.see("[data-test=sign-in]")
    try await judge(page, "sign-in")
    var words: [String] = []
    for user in ["sue", "nobody"] {
      try await page.fill("[data-test=name]", user)
      try await page.fill("[data-test=password]", "wrong")
      try await page.click("[data-test=sign-in-submit]")
      try await page.until("() => document.querySelector('[data-test=sign-in-problem]').innerText.length > 0")
      words.append(try await page.text("[data-test=sign-in-problem]"))
      try await page.reload()
    }
    #expect(words.first == words.last, "\(words)")
    try await page.signIn()
    try await page.click("[data-test=sign-out]")
    try await page.see("[data-test=sign-in]")
    await floor.stop()
  }

  @Test("W1 W5 the floor, empty and with calls, and the call panel: no fault of WCAG 2.2 AA, light and dark")
  func floorPage() async throws {
    let floor = try await Floor()
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor)
    try await judge(sue, "floor-empty")
    let anna = try await floor.phone("anna")
    let ben = try await floor.phone("ben")
    let (first, _) = try await floor.connect(agent: anna)
    let (second, _) = try await floor.connect(agent: ben, customer: floor.customer("+49309999"))
    try await sue.until("() => document.querySelectorAll('[data-test=call-row]').length === 2")
    try await judge(sue, "floor")
    let reach = try await sue.evaluate(
      """
      () => {
        const list = document.querySelector('call-list').getBoundingClientRect();
        const buttons = [...document.querySelectorAll('[data-test=listen]')];
        return Math.max(...buttons.map((button) => button.getBoundingClientRect().right - list.right));
      }
      """)
    #expect(try #require(reach.number) <= 0, "at a width of 1280 the list cuts Listen off")
    try await sue.listen()
    try await floor.live(.listen, by: "sue")
    try await judge(sue, "panel-listen")
    try await sue.choose(.whisper)
    try await floor.live(.whisper, by: "sue")
    try await sue.hold("Space")
    try await floor.talks(true, by: "sue")
    try await judge(sue, "panel-whisper")
    try await sue.release("Space")
    try await sue.click("[data-test=mode-barge]")
    try await judge(sue, "panel-barge-confirm")
    try await sue.click("[data-test=barge-accept]")
    try await floor.talks(true, by: "sue")
    try await judge(sue, "panel-barge")
    try await sue.run("size", ["width": .number(420), "height": .number(860)])
    try await judge(sue, "panel-narrow")
    try await sue.run("size", ["width": .number(1_280), "height": .number(800)])
    try await sue.press("?")
    try await sue.see("[data-test=keys-dialog]")
    try await judge(sue, "keys")
    await first.hangUp()
    await second.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("W3 W5 the agent's page, idle, ringing and in a call: no fault of WCAG 2.2 AA, light and dark")
  func phonePage() async throws {
    let floor = try await Floor(.init(policy: "agentSees: ['listen','whisper','barge','takeover']"))
    let anna = try await floor.browser(as: "anna", saying: Tone.agent)
    try await judge(anna, "phone-idle")
    let customer = try await floor.customer().call("anna", saying: .tone(Tone.customer))
    try await anna.see("[data-test=answer]")
    try await judge(anna, "phone-ringing")
    try await anna.click("[data-test=answer]")
    try await customer.answered()
    let sue = try await floor.phone("sue")
    let supervisor = try await sue.connect("*31anna")
    try await anna.see("[data-test=monitoring][data-state=listen]")
    try await judge(anna, "phone-call")
    await supervisor.hangUp()
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "W1 without a microphone, or where it is refused, he listens all the same, and is told why he can't whisper"
  )
  func noMicrophone() async throws {
    let floor = try await Floor()
    let anna = try await floor.phone("anna")
    let (customer, agent) = try await floor.connect(agent: anna)
    var settings = Browser.Settings()
    settings.mayUseMicrophone = false
    settings.script =
      "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
    let sue = try await floor.browser(as: "sue", settings)
    try await sue.listen()
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    try await sue.ask(for: .whisper)
    try await sue.see("body", saying: "icrophone")
    try await judge(sue, "no-microphone")
    #expect(await floor.ears(customer, agent) == [[Tone.agent], [Tone.customer]])
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test(
    "W5 A7b behind nginx: pages, sign-in, live floor and the agent's socket work through Debian's reverse proxy"
  )
  func behindProxy() async throws {
    let floor = try await Floor(.init(api: "trustedProxies: ['127.0.0.1']"))
    let proxy = try await ReverseProxy(before: floor.api)
    let sue = try await floor.browser(as: "sue", saying: Tone.supervisor, at: proxy.url)
    let page = try await floor.browser(as: "anna", saying: Tone.agent, at: proxy.url)
    let customer = try await floor.customer().call("anna", saying: .tone(Tone.customer))
    try await page.click("[data-test=answer]")
    try await customer.answered()
    try await sue.listen()
    #expect(try await sue.hears([Tone.customer, Tone.agent]) == [Tone.customer, Tone.agent])
    try await sue.click("[data-test=leave]")
    await customer.hangUp()
    try await sue.until(
      "() => document.querySelectorAll('[data-test=call-row]:not([data-state=ended])').length === 0")
    try await floor.expectNothingLeft()
    await floor.stop()
  }
}
