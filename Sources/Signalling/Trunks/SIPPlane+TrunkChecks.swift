import Supervision

/// Whether the next hops of the trunks are there: OPTIONS to each from time to time (RFC 3261 section 11).
extension SIPPlane {
  func beginChecks() {
    for trunk in settings.trunks where trunk.check > 0 {
      for address in trunk.nextHops {
        let hop = NextHop(trunk: trunk.name, address: address)
        trunks.hops[hop] = TrunkStates.Hop()
        check(hop)
      }
    }
  }

  private func check(_ hop: NextHop) {
    guard !isStopping else { return }
    let dialog = wire { $0.options(uri: hop.uri) }
    trunks.hops[hop]?.check = dialog
    trunks.hopOfCheck[dialog] = hop
    wait(hop, milliseconds: settings.hopPatience) { $0.checked(hop, isAlive: false) }
  }

  /// The answer to a check; false if it is none.
  func checkAnswered(_ response: SIPResponse) -> Bool {
    guard let hop = trunks.hopOfCheck[response.dialog] else { return false }
    guard response.status >= 200 else { return true }
    checked(hop, isAlive: HopHealth.isAlive(response.status, isLocal: response.message == nil))
    return true
  }

  private func checked(_ hop: NextHop, isAlive: Bool) {
    if let dialog = trunks.hops[hop]?.check {
      trunks.hopOfCheck[dialog] = nil
      trunks.hops[hop]?.check = nil
      wire { $0.release(dialog) }
    }
    note(hop, isAlive: isAlive)
    let interval = settings.trunks.first { $0.name == hop.trunk }?.check ?? 0
    wait(hop, milliseconds: max(1, interval) * 1000) { $0.check(hop) }
  }

  /// Sets the hop's one timer.
  private func wait(
    _ hop: NextHop, milliseconds: Int, _ action: @escaping @Sendable (isolated SIPPlane) -> Void
  ) {
    let old = trunks.hops[hop]?.timer
    let timer = wire { stack in
      if let old { stack.cancel(old) }
      return stack.after(milliseconds: milliseconds) { [weak self] _ in
        self?.assumeIsolated { plane in
          plane.trunks.hops[hop]?.timer = nil
          action(plane)
        }
      }
    }
    trunks.hops[hop]?.timer = timer
  }

  /// Takes a sign of a hop's life or death, from a check or from a call. Hops that aren't checked count as there:
  /// nobody would ever find out that they are back.
  func note(_ hop: NextHop, isAlive: Bool) {
    guard trunks.hops[hop]?.health.note(isAlive: isAlive) == true else { return }
    guard !isAlive else { return log("\(hop) is there again: calls may go to it") }
    let others = settings.trunks.first { $0.name == hop.trunk }?.nextHops ?? []
    let isLast = others.allSatisfy { !trunks.isUp(NextHop(trunk: hop.trunk, address: $0)) }
    log(
      "\(hop) doesn't answer, or says that it can't serve: "
        + (isLast
          ? "calls to this trunk get 503 until one of its next hops is there; look at the peer and at the network"
          : "calls go to the following next hop until it is back"))
  }
}
