import API
import Foundation
import Phones
import TestKit
import Testing

/// How well a call sounds, told live and kept, over real SIP and RTP.
@Suite("M11 quality of each leg and direction", .serialized, .timeLimit(.minutes(2)))
struct QualityScenarios {
  @Test(
    "M11 a lossy leg shows its loss and a lower score, a clean one more than 4.3; both are kept with the record"
  )
  func lossy() async throws {
    let floor = try await Floor(Floor.Settings(media: "qualityInterval: 2"))
    let anna = try await floor.phone("anna")
    let (customer, _) = try await floor.connect(agent: anna)
    await customer.bank.media.setLoss(customer.endpoint, 5)
    @Sendable func quality(_ role: String, _ call: CallDocument) -> QualityDocument? {
      call.participants.first { $0.role == role }?.quality
    }
    // The reports of both phones, and the time to them, need a few seconds.
    let call = try await floor.call { call in
      guard let loss = quality("customer", call)?.received?.loss, loss > 3,
        let passedOn = quality("agent", call)?.sent?.loss, passedOn > 2
      else { return false }
      return quality("customer", call)?.sent?.roundTripMs != nil && quality("agent", call)?.received != nil
    }
    let (theirs, ours) = (try #require(quality("customer", call)), try #require(quality("agent", call)))
    let lossy = try #require(theirs.received)
    #expect(lossy.loss < 7 && lossy.mos < 4.1 && lossy.mos > 3.6, "\(lossy)")
    let clean = [try #require(theirs.sent), try #require(ours.received)]
    for stream in clean { #expect(stream.loss < 0.5 && stream.mos > 4.3, "\(stream)") }
    #expect(try #require(theirs.sent?.roundTripMs) < 100)
    // What was lost before it came to Earshot is missing at the agent too.
    #expect(try #require(ours.sent).mos < 4.2, "\(ours)")

    await customer.bank.media.setLoss(customer.endpoint, 0)
    let healed = try await floor.call { (quality("customer", $0)?.received?.mos ?? 0) > 4.3 }
    #expect(try #require(quality("customer", healed)?.received).worstMos < 4.1)
    await customer.hangUp()
    try await floor.expectNothingLeft()
    let legs = try await records(floor).first?["legs"] as? [[String: Any]]
    let kept = try #require(legs?.first { $0["role"] as? String == "customer" }?["quality"] as? [String: Any])
    func mos(_ which: String, _ direction: String) -> Double {
      let reading = (kept[which] as? [String: Any])?[direction] as? [String: Any]
      return reading?["mos"] as? Double ?? .nan
    }
    #expect(mos("last", "received") > 4.3 && mos("worst", "received") < 4.1)
    #expect(mos("worst", "sent") > 4.3)
    await floor.stop()
  }

  @Test("M11 W5 the floor marks a call whose sound is poor, in words; the panel shows both parties' figures")
  func shown() async throws {
    let floor = try await Floor(Floor.Settings(media: "qualityInterval: 1"))
    let anna = try await floor.phone("anna")
    let (customer, _) = try await floor.connect(agent: anna)
    let sue = try await floor.browser(as: "sue", saying: Floor.Tone.supervisor)
    try await sue.listen()
    try await sue.click("[data-test=details] summary")
    try await sue.see("[data-test=detail-quality]", saying: "Anna – Earshot")
    try await sue.seeNo("[data-test=row-quality]")
    await customer.bank.media.setLoss(customer.endpoint, 12)
    try await sue.see("[data-test=row-quality]", saying: "Poor sound")
    _ = try await sue.evaluate(
      "() => document.querySelector('[data-test=detail-quality]').scrollIntoView()")
    for scheme in ["light", "dark"] {
      try await sue.setScheme(scheme)
      try await sue.screenshot("quality-\(scheme)")
      #expect(try await sue.accessibilityFaults() == [], "\(scheme)")
    }
    await customer.bank.media.setLoss(customer.endpoint, 0)
    try await sue.seeNo("[data-test=row-quality]")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  /// The lines of `calls.jsonl`, once there are any.
  private func records(_ floor: Floor) async throws -> [[String: Any]] {
    let file = floor.folder.appending(path: "calls.jsonl")
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      // A line is written whole.
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      if text.hasSuffix("\n") {
        return text.split(separator: "\n").compactMap {
          (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
      }
      await Task.yield()
    }
    throw Floor.FloorError.noEntry
  }
}
