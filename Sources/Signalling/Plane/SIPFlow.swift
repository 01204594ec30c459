/// A TCP connection that a phone has opened to register by it: the only way to the phone (RFC 5626 section 1), so it is
/// used from time to time, lest somebody on the way forgets it, and given up with its registrations once it fails.
struct SIPFlow {
  /// The next check.
  var timer: SIPTimer?
  /// A check that waits for its answer.
  var check: SIPDialog?
}

extension SIPPlane {
  /// A phone has registered by this connection (a `returnHop`), for the first time or again.
  func keepFlow(_ hop: String) {
    guard settings.keepAlive > 0, flows[hop] == nil else { return }
    flows[hop] = SIPFlow()
    wait(hop)
  }

  private func wait(_ hop: String) {
    let timer = wire { stack in
      stack.after(milliseconds: settings.keepAlive * 1000) { [weak self] _ in
        self?.assumeIsolated { $0.check(hop) }
      }
    }
    flows[hop]?.timer = timer
  }

  private func check(_ hop: String) {
    flows[hop]?.timer = nil
    // Whoever has registered elsewhere by now, or not again, is not looked after here any more.
    guard let contact = registrar.contact(by: hop, at: clock()) else { return drop(hop) }
    let dialog = wire { $0.options(uri: contact, proxy: hop) }
    flows[hop]?.check = dialog
    flowOfCheck[dialog] = hop
  }

  /// The answer to a check: whatever a phone answers, it is there. An answer without a message is the library's.
  func flowAnswered(_ response: SIPResponse) {
    guard response.status >= 200, let hop = flowOfCheck.removeValue(forKey: response.dialog) else { return }
    wire { $0.release(response.dialog) }
    flows[hop]?.check = nil
    guard response.message == nil else { return wait(hop) }
    let lost = registrar.forget(by: hop, at: clock())
    if lost > 0 { log("the connection from \(hop) is gone, and with it \(lost) registration(s)") }
    drop(hop)
  }

  private func drop(_ hop: String) {
    guard let flow = flows.removeValue(forKey: hop) else { return }
    wire { stack in
      if let timer = flow.timer { stack.cancel(timer) }
      if let check = flow.check { stack.release(check) }
    }
    if let check = flow.check { flowOfCheck[check] = nil }
  }
}
