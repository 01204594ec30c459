import Supervision

/// Lamps of phones (RFC 4235): who asks for one is answered, and told of each change.
extension Switchboard {
  func lampEvent(_ event: SignallingEvent) {
    guard let signalling = state.withLock(\.signalling) else { return }
    switch event {
    case .lampWanted(let request):
      lamps.open(request, among: board) { outcome in
        switch outcome {
        case .success(let lamp): signalling.perform(.showLamp(request.subscription, lamp))
        case .failure(let refusal): signalling.perform(.refuseLamp(request.subscription, refusal))
        }
      }
    case .lampGone(let subscription): lamps.close(subscription)
    default: break
    }
  }

  func showLamps(of call: CallSnapshot) {
    guard let signalling = state.withLock(\.signalling) else { return }
    lamps.take(call) { signalling.perform(.showLamp($0, $1)) }
  }
}
