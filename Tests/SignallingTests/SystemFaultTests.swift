import Glibc
import Supervision
import TestKit
import Testing

@testable import Signalling

@Suite("System calls of the signalling that fail", .serialized, .timeLimit(.minutes(1)))
struct SystemFaultTests {
  @Test(
    "X4 an answer that the kernel doesn't take costs that one alone: the next request is answered",
    arguments: [
      SystemFault(.sendmsg, ENOBUFS), .init(.sendmsg, EAGAIN), .init(.sendmsg, EPERM), .init(.sendmsg, EINTR),
      .init(.sendmsg, ECONNREFUSED),
    ])
  func answering(_ fault: SystemFault) async throws {
    let fixture = try await PlaneFixture()
    let peer = try RawPeer(address: "127.0.0.2", target: fixture.port)
    for round in 1...3 {
      fault.arm()
      for call in ["lost", "next"] { peer.send(peer.request("OPTIONS", call: "\(call)\(round)")) }
      var call = ""
      while call != "next\(round)" {
        let answer = try #require(peer.receive("SIP/2.0 200"), "round \(round)")
        call = String((RawPeer.header("Call-ID", of: answer) ?? "").prefix { $0 != "@" })
      }
      #expect(SystemFault.disarm() == 1)
    }
    await fixture.expectNoLegLeft()
    await fixture.close()
  }

  @Test(
    "X4 a call that the kernel doesn't let out fails with a status, or goes out again; the next one is answered",
    arguments: [SystemFault(.sendmsg, ENOBUFS), .init(.sendmsg, ENETUNREACH), .init(.sendmsg, EPERM)])
  func calling(_ fault: SystemFault) async throws {
    let fixture = try await PlaneFixture()
    let phone = try await fixture.phone(answersAtOnce)
    fault.arm()
    fixture.dialBob()
    let outcome = await fixture.event { event in
      switch event {
      case .failed(LegID(2), _), .answered(LegID(2), _, _): true
      default: false
      }
    }
    #expect(SystemFault.disarm() == 1)
    if case .failed(_, let failure) = outcome {
      #expect(failure.status == 503)
    } else {
      fixture.plane.perform(.end(LegID(2), HangupReason(cause: 200, text: "Done")))
      _ = await fixture.ended(LegID(2))
    }
    await fixture.expectNoLegLeft()
    fixture.plane.perform(
      .dial(
        LegID(3), .user(tenant, UserID("bob")), sdp: offer, caller: CallerIdentity(user: "1", name: "Carla"),
        options: DialOptions(autoAnswer: false, ringTimeout: 60)))
    _ = await fixture.event { if case .answered(LegID(3), _, _) = $0 { true } else { false } }
    fixture.plane.perform(.end(LegID(3), HangupReason(cause: 200, text: "Done")))
    _ = await fixture.ended(LegID(3))
    await fixture.expectNoLegLeft()
    await fixture.close(phone)
  }

  @Test(
    "X4 a stack that can't open its sockets says why",
    arguments: [SystemFault(.socket, EMFILE), .init(.bind, EACCES), .init(.bind, EADDRINUSE)])
  func starting(_ fault: SystemFault) async throws {
    let stack = SIPStack(SIPStackSettings(address: "127.0.0.1"))
    fault.arm(count: 100)
    let failure = await #expect(throws: SIPStackError.self) { try await stack.open { _, _ in } }
    #expect(SystemFault.disarm() > 0)
    await stack.stop()
    let reason = String(cString: strerror(fault.error))
    #expect(failure?.description.contains(reason) == true, "\(String(describing: failure))")
  }
}
