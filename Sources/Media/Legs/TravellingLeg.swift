import Supervision

/// A leg between two calls, and maybe between two workers: its state, its sockets and its ports, as they stood. Given
/// up before it has arrived, it closes what it has. A browser's leg stays where its state is, with the port of its
/// worker; whoever gives it up has that worker close it.
// @unchecked Sendable: one worker has made it and let go of it before the other gets it.
final class TravellingLeg: @unchecked Sendable {
  let leg: CallLeg
  private(set) var state: LegState
  private let ports: PortPool
  private var isTaken = false

  init(_ leg: CallLeg, state: LegState, ports: PortPool) {
    self.leg = leg
    self.state = state
    self.ports = ports
  }

  /// Only a call of the same worker can take it in.
  var staysAtWorker: Bool { leg.link != nil }

  deinit {
    guard !isTaken, !staysAtWorker else { return }
    state.rtp.close()
    state.rtcp.close()
    ports.release(leg.port)
  }

  /// Whoever takes it, closes it.
  func take() -> CallLeg {
    isTaken = true
    return leg
  }
}
