import API
import Foundation
import Phones
import Supervision
import TestKit
import Testing

/// Supervisors come, switch and go; the streams of customer and agent show nothing of it.
@Suite("M5 continuity across joins, switches and leaves", .serialized, .timeLimit(.minutes(4)))
struct ContinuityScenarios {
  /// A supervisor as the test drives him: by REST at his desk, or by his phone alone.
  private struct Seat {
    let user: String
    let phone: Phone
    var call: PhoneCall?
    var session = ""
    var mode = SupervisionMode.listen
  }

  private let modes: [SupervisionMode] = [.listen, .whisper, .barge]

  /// `marks` that are read at both ears of a call, with the packets kept.
  private func connect(_ floor: Floor, packetsKept: Int) async throws -> (PhoneCall, PhoneCall) {
    var settings = PhoneCallSettings()
    settings.endpoint.readsMarks = true
    settings.endpoint.packetsKept = packetsKept
    let anna = try await floor.phone("anna")
    await anna.setAnswering(.automatic, saying: .marks, settings: settings)
    let customer = try await floor.customer().connect("anna", saying: .marks, settings: settings)
    let agent = try #require(await anna.nextCall())
    await agent.wait(for: .answered)
    _ = await agent.firstSound()
    return (customer, agent)
  }

  private func live(_ floor: Floor, _ seat: Seat, in mode: SupervisionMode) async throws
    -> SupervisionDocument
  {
    let call = try await floor.call {
      $0.sessions.contains { $0.supervisor == seat.user && $0.mode == mode.rawValue && $0.phase == "live" }
    }
    return try #require(call.sessions.first { $0.supervisor == seat.user && $0.phase == "live" })
  }

  private func join(_ floor: Floor, _ seat: inout Seat, by rest: Bool, mode: SupervisionMode) async throws {
    if rest {
      let call = try #require(try await floor.client(seat.user).calls().first)
      _ = try await floor.client(seat.user).supervise(call.id, .init(mode: mode, sip: seat.user))
      seat.call = await seat.phone.nextCall()
    } else {
      let code = [SupervisionMode.listen: "*31", .whisper: "*32", .barge: "*33"][mode] ?? ""
      seat.call = try await seat.phone.connect(code + "anna")
    }
    seat.session = try await live(floor, seat, in: mode).id
    seat.mode = mode
  }

  private func switchMode(_ floor: Floor, _ seat: inout Seat, by rest: Bool, to mode: SupervisionMode)
    async throws
  {
    if rest {
      _ = try await floor.client(seat.user).changeMode(of: seat.session, to: mode)
    } else {
      await seat.call?.press([SupervisionMode.listen: "4", .whisper: "5", .barge: "66"][mode] ?? "")
      _ = try await live(floor, seat, in: mode)
    }
    seat.mode = mode
  }

  private func leave(_ floor: Floor, _ seat: inout Seat, by rest: Bool) async throws {
    if rest {
      try await floor.client(seat.user).end(seat.session)
      #expect(await seat.call?.ended().isByPeer == true)
    } else {
      await seat.call?.hangUp()
    }
    let (user, session) = (seat.user, seat.session)
    _ = try await floor.call { call in
      !call.sessions.contains { $0.supervisor == user && $0.id == session && $0.phase != "ended" }
    }
    seat.call = nil
  }

  /// `steps` random joins, switches and leaves of two supervisors.
  /// - Returns: what was done, for the message of a failure.
  private func stir(_ floor: Floor, steps: Int, modes: [SupervisionMode], seed: UInt64) async throws
    -> [String: Int]
  {
    var random = SeededGenerator(seed: seed)
    var seats: [Seat] = []
    for user in ["sue", "tom"] {
      let phone = try await floor.phone(user)
      await phone.setAnswering(.automatic)
      seats.append(Seat(user: user, phone: phone))
    }
    var done: [String: Int] = [:]
    for _ in 0..<steps {
      let index = Int.random(in: 0..<seats.count, using: &random)
      let rest = Bool.random(using: &random)
      let mode = modes.randomElement(using: &random) ?? .listen
      let step: String
      if seats[index].call == nil {
        step = "join"
        try await join(floor, &seats[index], by: rest, mode: mode)
      } else if mode == seats[index].mode {
        step = "leave"
        try await leave(floor, &seats[index], by: rest)
      } else {
        step = "switch"
        try await switchMode(floor, &seats[index], by: rest, to: mode)
      }
      done[step, default: 0] += 1
    }
    for index in seats.indices where seats[index].call != nil {
      try await leave(floor, &seats[index], by: true)
    }
    return done
  }

  @Test(
    "M5 two hundred joins, switches and leaves: nothing lost, doubled, reordered or renumbered at either ear")
  func stirred() async throws {
    let floor = try await Floor()
    let (customer, agent) = try await connect(floor, packetsKept: 0)
    for ear in [customer, agent] { await ear.resetObservation() }
    let done = try await stir(floor, steps: 200, modes: modes, seed: 4)
    for (name, ear) in [("customer", customer), ("agent", agent)] {
      let seen = await ear.observation()
      #expect(seen.isContinuous, "\(name) after \(done): \(seen)")
      #expect(
        seen.marksMissing == 0 && seen.marksOutOfOrder == 0 && seen.marksFound > 200,
        "\(name) after \(done): \(seen.marksMissing) missing, \(seen.marksOutOfOrder) out of order")
    }
    #expect(["join", "switch", "leave"].allSatisfy { (done[$0] ?? 0) > 40 }, "\(done)")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }

  @Test("M1 M2 the customer gets exact copies, whoever comes, whispers and goes")
  func exact() async throws {
    let floor = try await Floor()
    let (customer, agent) = try await connect(floor, packetsKept: 5_000)
    _ = try await stir(floor, steps: 60, modes: [.listen, .whisper], seed: 8)
    let got = await customer.packets().received
    let sent = await agent.packets().sent
    let start = try #require(sent.firstIndex { $0.payload == got[0].payload })
    let steps = sent[start].header.sequence &- got[0].header.sequence
    let offset = sent[start].header.timestamp &- got[0].header.timestamp
    let exact = zip(got, sent[start...]).allSatisfy { copy, original in
      copy.isSameSound(as: original) && copy.header.sequence &+ steps == original.header.sequence
        && copy.header.timestamp &+ offset == original.header.timestamp
    }
    #expect(
      exact && got.count > 60 && sent.count - start >= got.count, "\(got.count) of \(sent.count) packets")
    await customer.hangUp()
    try await floor.expectNothingLeft()
    await floor.stop()
  }
}
