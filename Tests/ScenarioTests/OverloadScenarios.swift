import API
import Phones
import TestKit
import Testing

/// Too much to do, with limits so low that a few dozen calls are too much.
@Suite("X5 overload", .serialized, .timeLimit(.minutes(2)))
struct OverloadScenarios {
  @Test("X5 first supervision is refused, then calls; those that are there never notice; both come back")
  func order() async throws {
    var settings = Floor.Settings(media: "workers: 1")
    settings.sections = "overload: {supervision: 3, calls: 4},"
    let floor = try await Floor(settings)
    let (anna, ben, sue) = (
      try await floor.phone("anna"), try await floor.phone("ben"), try await floor.phone("sue")
    )
    let first = try await floor.connect(agent: anna)
    let listening = try await sue.connect("*31anna")
    await ben.setAnswering(.automatic, saying: .tone(Floor.Tone.second))
    var crowd: [PhoneCall] = []
    var refusal: PhoneRefusal?
    let deadline = ContinuousClock.now + .seconds(60)
    let customer = await floor.customer("+49309999")
    while refusal == nil {
      try #require(ContinuousClock.now < deadline, "\(crowd.count) calls and no overload")
      do {
        crowd.append(try await customer.connect("ben", saying: .tone(Floor.Tone.customer)))
      } catch let error as PhoneRefusal {
        refusal = error
      }
    }
    #expect(
      refusal?.status == 503 && refusal?.reason?.text.contains("too much to do") == true, "\(refusal as Any)")
    #expect(try await floor.metric("earshot_overload") == 2)
    #expect(try await floor.metric("earshot_calls_turned_away_total") >= 1)
    let tom = try await floor.phone("tom")
    let turnedAway = await #expect(throws: PhoneRefusal.self) { _ = try await tom.connect("*31anna") }
    #expect(turnedAway?.status == 503)

    // Who was there hears and is heard as before, and may do what he might before.
    #expect(await floor.ear(first.customer).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.agent])
    #expect(
      await floor.ear(listening).tones(of: Array(Floor.Tone.all)) == [Floor.Tone.customer, Floor.Tone.agent])
    #expect(crowd.count > 5)
    for call in crowd { await call.hangUp() }
    let again = try await retried { try await customer.connect("ben", saying: .tone(Floor.Tone.customer)) }
    let late = try await retried { try await tom.connect("*31ben") }
    _ = await late.firstSound()
    await again.hangUp()
    await first.customer.hangUp()
    try await floor.expectNothingLeft()
    #expect(await floor.stop() == 0)
  }

  /// Until it isn't refused any more. Asking costs the media workers nothing; asking for their load would add to it.
  private func retried(_ connect: () async throws -> PhoneCall) async throws -> PhoneCall {
    let deadline = ContinuousClock.now + .seconds(30)
    while true {
      do {
        return try await connect()
      } catch let refusal as PhoneRefusal where refusal.status == 503 && ContinuousClock.now < deadline {
        continue
      }
    }
  }
}
