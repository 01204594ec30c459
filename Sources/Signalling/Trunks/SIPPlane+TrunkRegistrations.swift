import Supervision

/// Registrations of ours at trunks: kept at each next hop, refreshed by the library, tried again after a failure.
extension SIPPlane {
  func beginRegistrations() {
    for trunk in settings.trunks where trunk.registration != nil && trunk.credentials != nil {
      for address in trunk.nextHops {
        let hop = NextHop(trunk: trunk.name, address: address)
        trunks.registrations[hop] = TrunkStates.Registration()
        register(hop)
      }
    }
  }

  private func register(_ hop: NextHop) {
    guard !isStopping, let trunk = settings.trunks.first(where: { $0.name == hop.trunk }),
      let credentials = trunk.credentials, let seconds = trunk.registration
    else { return }
    // Of the address of record, the host alone: how it is reached is the hop's matter.
    let domain = hop.address.split(separator: ";").first.map { SIPURI.host(of: String($0)) }
    let dialog = wire {
      $0.register(credentials, registrar: hop.address, domain: domain, expires: seconds)
    }
    trunks.registrations[hop]?.dialog = dialog
    trunks.hopOfRegistration[dialog] = hop
  }

  /// The answer to a REGISTER of ours, the first or a refreshing one; false if it is none.
  func registrationAnswered(_ response: SIPResponse) -> Bool {
    guard let hop = trunks.hopOfRegistration[response.dialog] else { return false }
    switch response.status {
    case ..<200: break
    case ..<300: registered(hop)
    default: unregistered(hop, response)
    }
    return true
  }

  private func registered(_ hop: NextHop) {
    guard let registration = trunks.registrations[hop] else { return }
    trunks.registrations[hop]?.backoff.succeeded()
    trunks.registrations[hop]?.isInForce = true
    if !registration.isInForce { log("registered at \(hop)") }
  }

  private func unregistered(_ hop: NextHop, _ response: SIPResponse) {
    guard var registration = trunks.registrations[hop] else { return }
    trunks.hopOfRegistration[response.dialog] = nil
    wire { $0.release(response.dialog) }
    let delay = registration.backoff.delay(
      after: response.status, retryAfter: response.message?.retryAfter)
    registration.dialog = nil
    registration.isInForce = false
    registration.timer = wire { stack in
      stack.after(milliseconds: delay * 1000) { [weak self] _ in
        self?.assumeIsolated { plane in
          plane.trunks.registrations[hop]?.timer = nil
          plane.register(hop)
        }
      }
    }
    trunks.registrations[hop] = registration
    if [401, 407].contains(response.status),
      let trunk = settings.trunks.first(where: { $0.name == hop.trunk })
    {
      noteRefusal(response.status, by: hop, trunk)
    }
    log(
      "no registration at \(hop): \(response.status) \(SIPText.line(response.phrase)); next try in \(delay) s"
    )
  }
}

extension SIPURI {
  /// The host of `host`, `host:port` or `[address]:port`; brackets stay.
  static func host(of hop: String) -> String {
    if hop.hasPrefix("["), let end = hop.firstIndex(of: "]") { return String(hop[...end]) }
    return hop.split(separator: ":", maxSplits: 1).first.map(String.init) ?? hop
  }
}
