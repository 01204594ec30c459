import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// The real Kamailio in front, with the configuration that is shipped: calls by UDP, TLS and WebSocket, strangers, and
/// an Earshot that is down.
@Suite("I5 S1 X4 Kamailio in front of Earshot", .serialized, .timeLimit(.minutes(5)))
struct KamailioScenarios {
  private typealias Tone = Floor.Tone

  /// Earshot behind its edge, and the carrier beyond it.
  private struct Edge {
    let site = Kamailio.Site()
    let floor: Floor
    let proxy: Kamailio
    /// Customers behind the carrier, known to Kamailio by their address.
    let carrier: PhoneBank

    init(floodLimit: Int = 200) async throws {
      floor = try await Floor(site.settings())
      carrier = PhoneBank(address: Kamailio.Site.carrierAddress)
      try await carrier.open()
      proxy = try await Kamailio(site, carrier: await carrier.port, floodLimit: floodLimit)
      _ = try await proxy.answers(200)
    }

    /// An agent's or supervisor's phone that knows the proxy alone.
    func phone(_ user: String) async throws -> Phone {
      let phone = await floor.phones.phone(
        PhoneAccount(user: user, password: "secret-\(user)"), server: site.sip)
      try await phone.register()
      return phone
    }

    func customer(_ bank: PhoneBank? = nil) async -> Phone {
      await (bank ?? carrier).phone(PhoneAccount(user: "+49301234"), server: site.sip)
    }

    /// Nothing is left of any call, and all ends.
    func end() async throws {
      do { try await floor.expectNothingLeft() } catch {
        Issue.record("\(error); Kamailio said:\n\(proxy.output)")
      }
      await carrier.stop()
      #expect(await floor.stop() == 0, "\(proxy.output)")
    }
  }

  @Test("I5 S1 M2 a carrier's call through Kamailio to an agent behind it, whispered to; either side's BYE ends it")
  func call() async throws {
    let edge = try await Edge()
    let anna = try await edge.phone("anna")
    let sue = try await edge.phone("sue")
    let (customer, agent) = try await edge.floor.connect(agent: anna, customer: await edge.customer())
    #expect(agent.peer == "+49301234")
    let listener = try await sue.connect("*31anna", saying: .tone(Tone.supervisor))
    _ = await listener.firstSound()
    #expect(
      await edge.floor.ears(customer, agent, listener) == [
        [Tone.agent], [Tone.customer], [Tone.customer, Tone.agent],
      ])
    await listener.press("5")
    try await edge.floor.live(.whisper, by: "sue")
    #expect(
      await edge.floor.ears(customer, agent, listener) == [
        [Tone.agent], [Tone.customer, Tone.supervisor], [Tone.customer, Tone.agent],
      ])
    await customer.hangUp()
    for call in [agent, listener] { #expect(await call.ended().isByPeer) }
    // The other way: an agent calls the world, and hangs up himself.
    let world = await edge.carrier.phone(PhoneAccount(user: "0123456"), server: edge.site.sip)
    await world.setAnswering(.automatic, saying: .tone(Tone.customer))
    let out = try await anna.connect("90123456", saying: .tone(Tone.agent))
    let called = try #require(await world.nextCall())
    #expect(await edge.floor.ears(called, out) == [[Tone.agent], [Tone.customer]])
    try await out.hold()
    try await out.unhold()
    #expect(await edge.floor.ears(called, out) == [[Tone.agent], [Tone.customer]])
    await out.hangUp()
    #expect(await called.ended().isByPeer)
    try await edge.end()
  }
}
