import Glibc
import RTP
import Supervision
import TestKit
import Testing

@testable import Media

@Suite("System calls of the media plane that fail", .serialized)
struct SystemFaultTests {
  private static func payload(_ number: Int) -> [UInt8] {
    (0..<160).map { UInt8(truncatingIfNeeded: $0 * 7 + number) }
  }

  /// A customer and an agent who hear each other.
  private func talk(_ rig: Rig) throws -> (customer: TestPhone, agent: TestPhone) {
    let (customer, agent) = try rig.parties()
    try rig.apply("c>a a>c")
    for phone in [customer, agent] { phone.send(Self.payload(0)) }
    try #require(agent.receive() != nil && customer.receive() != nil)
    return (customer, agent)
  }

  @Test(
    "X4 a leg that can't be opened is refused by the call's name; nothing of it stays, and the next one opens",
    arguments: [
      SystemFault(.socket, EMFILE), .init(.socket, ENFILE), .init(.socket, ENOBUFS), .init(.bind, EACCES),
      .init(.bind, EADDRINUSE), .init(.epollControl, ENOSPC), .init(.epollControl, ENOMEM),
    ])
  func opening(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try talk(rig)
      let (descriptors, ports) = (SystemFault.descriptors, rig.engine.portUse.used)
      let leg = MediaLeg(
        leg: LegID(77), participant: Rig.second, role: .supervisor,
        sources: SourcePolicy(signallingAddress: nil))
      fault.arm(count: 10_000, on: rig.worker)
      rig.perform(.acceptOffer(leg, sdp: customer.sdp()))
      let refusal: MediaFault = try rig.await("failed") { event in
        if case .failed(LegID(77), let fault) = event { fault } else { nil }
      }
      #expect(SystemFault.disarm() > 0)
      let name = fault.call == .epollControl ? "epoll_ctl" : "\(fault.call)"
      guard case .noResources(let why) = refusal else {
        Issue.record("\(refusal)")
        return
      }
      #expect(why.contains(name) && why.contains("errno \(fault.error)"), "\(why)")
      #expect(SystemFault.descriptors <= descriptors && rig.engine.portUse.used == ports)
      customer.send(Self.payload(1))
      #expect(agent.receive()?.payload == Self.payload(1))
      let supervisor = try rig.join(Rig.supervisor, .supervisor)
      try rig.apply("c>a a>c c>s")
      customer.send(Self.payload(2))
      #expect(supervisor.receive()?.payload == Self.payload(2))
    }
  }

  @Test(
    "X4 a port that can't be had now is passed over",
    arguments: [SystemFault(.socket, ENOBUFS), .init(.bind, EADDRINUSE)])
  func nextPort(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, _) = try talk(rig)
      fault.arm(count: 1, on: rig.worker)
      let supervisor = try rig.join(Rig.supervisor, .supervisor)
      #expect(SystemFault.disarm() == 1)
      try rig.apply("c>s")
      customer.send(Self.payload(2))
      #expect(supervisor.receive()?.payload == Self.payload(2))
    }
  }

  @Test(
    "X4 a packet that can't be read now is read later; none is lost, and each failure is counted",
    arguments: [
      SystemFault(.recv, EINTR), .init(.recv, ECONNREFUSED), .init(.recv, ENOMEM), .init(.recv, EIO),
      .init(.recv, EAGAIN), .init(.epollWait, EINTR),
    ])
  func reading(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try talk(rig)
      for round in 1...20 {
        rig.clock.advance(ms: 20)
        // Now and then several in a row.
        if round % 4 == 0 { fault.arm(count: round / 4, on: rig.worker) }
        customer.send(Self.payload(round))
        #expect(agent.receive()?.payload == Self.payload(round), "round \(round)")
        guard round % 4 == 0 else { continue }
        try rig.barrier()
        #expect(SystemFault.disarm() > 0)
      }
      let isCounted = fault.call == .recv && fault.error != EAGAIN
      #expect(try rig.counters().receiveErrors == (isCounted ? 1 + 2 + 3 + 4 + 5 : 0))
    }
  }

  @Test(
    "X4 a packet that the kernel doesn't take is lost and counted, and the next one goes its way",
    arguments: [
      SystemFault(.send, EAGAIN), .init(.send, ENOBUFS), .init(.send, EPERM), .init(.send, ENETUNREACH),
      .init(.send, EMSGSIZE),
    ])
  func sending(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try talk(rig)
      customer.send(Self.payload(1))
      let before = try #require(agent.receive()).header
      fault.arm(count: 3, on: rig.worker)
      for round in 2...4 {
        rig.clock.advance(ms: 20)
        customer.send(Self.payload(round))
        try rig.barrier()
      }
      #expect(SystemFault.disarm() == 3)
      customer.send(Self.payload(5))
      let heard = try #require(agent.receive())
      #expect(heard.payload == Self.payload(5), "the first after the fault")
      #expect(heard.header.sequence == before.sequence &+ 4 && heard.header.ssrc == before.ssrc)
      #expect(try rig.counters().sendErrors == 3)
    }
  }

  @Test(
    "X4 an error that belongs to an earlier packet costs none",
    arguments: [
      SystemFault(.send, EINTR), .init(.send, ECONNREFUSED), .init(.send, EHOSTUNREACH),
    ])
  func sendingAgain(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try talk(rig)
      for round in 1...5 {
        fault.arm(on: rig.worker)
        customer.send(Self.payload(round))
        #expect(agent.receive()?.payload == Self.payload(round))
        #expect(SystemFault.disarm() == 1)
      }
      #expect(try rig.counters().sendErrors == 0)
    }
  }

  @Test(
    "X4 a peer who can't be learned from a packet is learned from the next one",
    arguments: [
      SystemFault(.connect, ENOBUFS), .init(.connect, EPERM), .init(.recvfrom, EINTR),
      .init(.recvfrom, EIO),
    ])
  func learning(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      fault.arm(count: 2, on: rig.worker)
      for round in 1...3 { customer.send(Self.payload(round)) }
      let heard = try #require(agent.receive())
      // What could be read was dropped with its sender; what couldn't, was kept by the kernel.
      #expect(heard.payload == Self.payload(fault.call == .connect ? 3 : 1))
      #expect(SystemFault.disarm() == 2)
      agent.send(Self.payload(9))
      #expect(customer.receive()?.payload == Self.payload(9))
      #expect(try rig.counters().receiveErrors == 2)
    }
  }

  @Test(
    "X4 an interrupted connect is repeated", arguments: [SystemFault(.connect, EINTR)])
  func interrupted(_ fault: SystemFault) async throws {
    try await Rig.run { rig in
      let (customer, agent) = try rig.parties()
      try rig.apply("c>a a>c")
      fault.arm(count: 5, on: rig.worker)
      customer.send(Self.payload(1))
      #expect(agent.receive()?.payload == Self.payload(1))
      #expect(SystemFault.disarm() == 5)
      #expect(try rig.counters().receiveErrors == 0)
    }
  }

  @Test("X4 a socket that the kernel won't untie from where the peer was is untied with the next report")
  func untying() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try talk(rig)
      let moved = try TestPhone(port: Rig.freePorts(2))
      moved.remote = customer.remote
      let leg = try #require(rig.legs[Rig.customer])
      let mediaLeg = MediaLeg(
        leg: leg, participant: Rig.customer, role: .customer, sources: SourcePolicy(signallingAddress: nil))
      SystemFault(.connect, ENOBUFS).arm(count: 1, on: rig.worker)
      rig.perform(.acceptOffer(mediaLeg, sdp: moved.sdp()))
      rig.perform(.makeAnswer(leg, like: nil))
      _ = try rig.description(leg)
      #expect(SystemFault.disarm() == 1)
      agent.send(Self.payload(4))
      #expect(moved.receive()?.payload == Self.payload(4), "he is sent to where he is now, in any case")
      #expect(customer.receiveAll().isEmpty)
      // Reports come after 7.5 s at the latest.
      rig.clock.advance(ms: 8_000)
      try rig.settle()
      moved.send(Self.payload(5))
      #expect(agent.receive()?.payload == Self.payload(5))
    }
  }

  @Test(
    "X4 a media plane that can't start says which call failed, and leaves nothing open",
    arguments: [
      SystemFault(.eventfd, EMFILE), .init(.epollCreate, EMFILE), .init(.epollControl, ENOSPC),
      .init(.socket, EMFILE), .init(.bind, EADDRNOTAVAIL),
    ], [0, 1])
  func starting(_ fault: SystemFault, after passed: Int) async throws {
    let first = Rig.freePorts(8)
    let settings = MediaSettings(
      bindAddress: "127.0.0.1", advertisedAddress: "127.0.0.1", ports: first...(first + 7), workers: 2)
    let before = SystemFault.descriptors
    // The one socket is a probe of the address.
    let isOnce = fault.call == .socket || fault.call == .bind
    fault.arm(count: 100, after: isOnce ? 0 : passed, on: SystemFault.ownThread)
    let failure = #expect(throws: MediaSetupError.self) {
      _ = try MediaEngine(settings, onEvent: { _, _ in })
    }
    #expect(SystemFault.disarm() > 0)
    #expect(failure?.description.contains("errno \(fault.error)") == true, "\(String(describing: failure))")
    // The worker that had started ends on its own thread.
    let deadline = ContinuousClock.now + .seconds(5)
    while SystemFault.descriptors > before, ContinuousClock.now < deadline { await Task.yield() }
    #expect(SystemFault.descriptors <= before)
  }

  @Test("X4 a wake that is interrupted wakes all the same")
  func waking() async throws {
    try await Rig.run { rig in
      let (customer, agent) = try talk(rig)
      SystemFault(.write, EINTR).arm(count: 3, on: SystemFault.ownThread)
      try rig.apply("a>c")
      #expect(SystemFault.disarm() > 0)
      agent.send(Self.payload(1))
      #expect(customer.receive()?.payload == Self.payload(1))
    }
  }
}
