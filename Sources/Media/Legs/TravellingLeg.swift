import Supervision

/// A leg between two calls, and maybe between two workers: its state, its sockets and its ports, as they stood. Given
/// up before it has arrived, it closes what it has.
// @unchecked Sendable: one worker has made it and let go of it before the other gets it.
final class TravellingLeg: @unchecked Sendable {
  private let leg: CallLeg
  private(set) var state: LegState
  private let ports: PortPool
  private var isTaken = false

  init(_ leg: CallLeg, state: LegState, ports: PortPool) {
    self.leg = leg
    self.state = state
    self.ports = ports
  }

  deinit {
    guard !isTaken else { return }
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
