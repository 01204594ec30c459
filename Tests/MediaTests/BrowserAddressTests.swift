import CLinux
import Glibc
import RTP
import Supervision
import Testing

@testable import Media

@Suite("Where a browser is: moves, copies of its checks, and addresses of others")
struct BrowserAddressTests {
  private static let success = STUNMessage.Kind.bindingSuccess

  /// A socket elsewhere, by which somebody sends to the same port.
  private func elsewhere(_ browser: TestBrowser) throws -> TestBrowser {
    let other = try TestBrowser(port: Rig.freePorts(2))
    other.remote = browser.remote
    return other
  }

  private func wait(_ rig: Rig, seconds: Double) throws {
    rig.clock.advance(ms: seconds * 1_000)
    try rig.settle()
  }

  private func reoffer(_ rig: Rig, _ browser: TestBrowser) throws {
    let leg = try #require(rig.legs[Rig.supervisor])
    let mediaLeg = MediaLeg(
      leg: leg, participant: Rig.supervisor, role: .supervisor,
      sources: SourcePolicy(signallingAddress: nil), transport: .webRTC)
    rig.perform(.acceptOffer(mediaLeg, sdp: browser.sdp()))
    rig.perform(.makeAnswer(leg, like: nil))
    try browser.take(rig.description(leg))
  }

  @Test(
    "I1 a check that was caught and is sent again from elsewhere is refused, and the sound stays where it was"
  )
  func copy() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>s")
      let check = browser.check()
      for _ in 0..<2 {
        // The browser itself may send it again: its answer may have been lost.
        browser.send(raw: check)
        #expect(browser.stunAnswer()?.kind == Self.success)
      }
      try wait(rig, seconds: 4)
      let thief = try elsewhere(browser)
      thief.send(raw: check)
      try rig.settle()
      customer.send([1, 2, 3])
      #expect(browser.receive()?.payload == [1, 2, 3])
      #expect(thief.rawReceive(within: 0) == nil)
      #expect(try rig.counters().stunRefusals == 1)
    }
  }

  @Test(
    "I1 a browser whose network changes is followed when its former pair has been silent for 2 s, not before")
  func move() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>s")
      let moved = try elsewhere(browser)
      try wait(rig, seconds: 1)
      moved.send(raw: browser.check())
      #expect(moved.stunAnswer()?.kind == Self.success)
      customer.send([1])
      #expect(browser.receive()?.payload == [1])
      try wait(rig, seconds: 1)
      moved.send(raw: browser.check())
      #expect(moved.stunAnswer()?.kind == Self.success)
      customer.send([2])
      #expect(moved.rawReceive()?.first == 128)
      #expect(browser.rawReceive(within: 0) == nil)
    }
  }

  @Test("S3 a browser that begins ICE anew is followed at once")
  func restart() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>s")
      let moved = try elsewhere(browser)
      browser.fragment = "anew"
      try reoffer(rig, browser)
      moved.send(raw: browser.check())
      #expect(moved.stunAnswer()?.kind == Self.success)
      customer.send([2])
      #expect(moved.rawReceive()?.first == 128)
    }
  }

  @Test("I1 one user's right check can't take the address at which another's browser is")
  func claim() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let agent = try rig.joinBrowser(Rig.agent, .agent)
      let other = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("a>c c>a")
      try wait(rig, seconds: 4)
      agent.send(raw: other.check())
      try rig.settle()
      #expect(agent.rawReceive(within: 0) == nil)
      #expect(try rig.counters().stunRefusals == 1)
      agent.send([UInt8](repeating: 9, count: 160))
      #expect(customer.receive()?.payload == [UInt8](repeating: 9, count: 160))
      // Once nobody is there any more, it is free.
      try wait(rig, seconds: 1)
      agent.send(raw: other.check())
      #expect(agent.stunAnswer()?.kind == Self.success)
    }
  }

  @Test("I1 of too many addresses the one that is used stays")
  func eviction() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let browser = try rig.joinBrowser(Rig.agent, .agent)
      try rig.apply("a>c")
      for number in 0..<9 {
        // In use, if not the newest.
        if number == 6 {
          browser.send(raw: browser.check())
          #expect(browser.stunAnswer()?.kind == Self.success)
        }
        let other = try elsewhere(browser)
        other.send(raw: browser.check(nominates: false))
        #expect(other.stunAnswer()?.kind == Self.success)
      }
      browser.send([UInt8](repeating: 9, count: 160))
      #expect(customer.receive()?.payload == [UInt8](repeating: 9, count: 160))
    }
  }

  @Test("S3 another certificate leaves nothing of the former address")
  func otherCertificate() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>s")
      let new = try TestBrowser(port: Rig.freePorts(2))
      try reoffer(rig, new)
      new.send(raw: new.check(nominates: false))
      #expect(new.stunAnswer()?.kind == Self.success)
      try #require(new.handshake())
      try rig.await("connected") { $0 == .connected(LegID(2)) ? true : nil }
      customer.send([4])
      #expect(new.receive()?.payload == [4])
    }
  }

  @Test(
    "S3 new keys begin where SRTP's count of wraps does, so the first packets may be lost; the SSRC stays")
  func newKeys() async throws {
    try await Rig.run { rig in
      let customer = try rig.join(Rig.customer, .customer)
      let old = try rig.joinBrowser(Rig.supervisor, .supervisor)
      try rig.apply("c>s")
      customer.send([1])
      var last = try #require(old.receive()).header
      while last.sequence < 65_530 {
        customer.sequence &+= min(2_900, 65_530 - last.sequence - 1)
        customer.send([1])
        last = try #require(old.receive()).header
      }
      let new = try TestBrowser(port: Rig.freePorts(2))
      try reoffer(rig, new)
      new.send(raw: new.check())
      #expect(new.stunAnswer()?.kind == Self.success)
      try #require(new.handshake())
      try rig.await("connected") { $0 == .connected(LegID(2)) ? true : nil }
      for _ in 0..<10 {
        customer.send([2])
        #expect(new.rawReceive() != nil)
      }
      customer.send([3])
      let heard = try #require(new.receive())
      #expect(heard.payload == [3] && heard.header.ssrc == last.ssrc)
    }
  }

  @Test("M2 all that waits at the port of browsers is read before a voice is let in")
  func drain() throws {
    let path = PacketPath(legCapacity: 4, now: 0)
    defer { path.deallocate() }
    let number = Rig.freePorts(2)
    let address = try #require(SocketAddress("127.0.0.1", port: number))
    let port = try BrowserPort(
      path: path, identity: DTLSIdentity(), ports: PortPool(bind: "127.0.0.1", range: 11_200...11_203),
      address: address, fixedPort: number, patience: .second)
    let sender = try TestBrowser(port: Rig.freePorts(2))
    sender.remote = address
    // As many as the system lets wait.
    for _ in 0..<12_000 { sender.send(raw: [255, 1, 2, 3]) }
    port.drain(now: 0)
    #expect(path.counters.pointee.malformed > 0)
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
    defer { bytes.deallocate() }
    #expect(port.socket.receive(bytes, capacity: 64) == -Int(EAGAIN))
  }
}
