import Supervision

/// Lamps of phones: SUBSCRIBE and NOTIFY for the event package `dialog` (RFC 6665, RFC 4235). Who asks is proved here;
/// what he may see is the calls' matter.
extension SIPPlane {
  // MARK: SUBSCRIBE

  /// At the door: a new lamp, or a look at one (Expires: 0).
  func subscribe(_ request: SIPRequest) {
    let message = request.message
    guard !isStopping else { return turnAway(request, 503, "Stopping") }
    guard let event = message.event, event.type == DialogInfo.event else {
      return turnAway(request, 489, "Bad Event", headers: ["Allow-Events: \(DialogInfo.event)"])
    }
    guard let account = account(of: request) else { return }
    guard message.accepts(DialogInfo.mediaType) else {
      return turnAway(request, 406, "Not Acceptable", headers: ["Accept: \(DialogInfo.mediaType)"])
    }
    guard let seconds = time(of: request) else { return }
    let own = lamps.values.count { $0.user == account.user && $0.tenant == account.tenant }
    guard own < settings.mostLamps else {
      logAtDoor("'\(account.user)' has \(own) lamps already: no more are kept for one user")
      return turnAway(request, 503, "Too Many Subscriptions", headers: ["Retry-After: 60"])
    }
    guard wire({ $0.hold(request.dialog) }) else { return }
    // Its Contact may lie behind a NAT.
    wire { $0.setProxy(request.dialog, message.returnHop) }
    lastLamp += 1
    let id = SubscriptionID(lastLamp)
    let now = clock()
    lamps[id] = SIPLamp(
      dialog: request.dialog, tenant: account.tenant, user: account.user, address: message.requestUser,
      entity: SIPURI(user: message.requestUser, host: message.requestHost).description, event: event,
      ends: now + UInt64(seconds) * 1000)
    lampOfDialog[request.dialog] = id
    ask(id)
  }

  /// Asked for again, for longer or no longer. The library has said 200 to it, and sends the last document once more:
  /// whoever knows the dialog's tags is its owner, as with a BYE. Whether he may still see what he sees is asked anew.
  func inLamp(_ request: SIPRequest, _ id: SubscriptionID) {
    guard let lamp = lamps[id] else { return }
    guard request.method == .subscribe else {
      return wire { $0.respond(request.dialog, status: 501, phrase: "Not Implemented") }
    }
    guard request.isAnswered, lamp.ending == nil else { return }
    wire { $0.setProxy(request.dialog, request.message.returnHop) }
    let seconds = min(request.message.expires ?? settings.maximumExpires, settings.maximumExpires)
    lamps[id]?.ends = clock() + UInt64(seconds) * 1000
    if seconds > 0 {
      watchTime(id, milliseconds: seconds * 1000)
      return ask(id)
    }
    // The library's NOTIFY says that it is over; its answer, or none, is the end.
    lamps[id]?.ending = "timeout"
    lamps[id]?.isStale = false
    report(.lampGone(id))
    watchTime(id, milliseconds: settings.transactionTimeout + 1_000)
  }

  /// For how long, in seconds. If it can't be so, it is answered here, and there is none.
  private func time(of request: SIPRequest) -> Int? {
    let wanted = request.message.expires ?? settings.maximumExpires
    guard wanted == 0 || wanted >= settings.minimumExpires else {
      turnAway(request, 423, "Interval Too Brief", headers: ["Min-Expires: \(settings.minimumExpires)"])
      return nil
    }
    return min(wanted, settings.maximumExpires)
  }

  private func ask(_ id: SubscriptionID) {
    guard let lamp = lamps[id] else { return }
    report(
      .lampWanted(
        LampRequest(subscription: id, tenant: lamp.tenant, user: lamp.user, address: lamp.address)))
  }

  // MARK: The calls' word

  func showLamp(_ id: SubscriptionID, _ shown: Lamp) {
    guard let lamp = lamps[id], lamp.ending == nil else { return }
    lamps[id]?.lamp = shown
    if lamp.isAsked {
      lamps[id]?.isAsked = false
      let now = clock()
      let seconds = lamp.ends > now ? Int((lamp.ends - now + 999) / 1000) : 0
      wire { $0.respondHeld(lamp.dialog, status: 200, phrase: "OK", headers: ["Expires: \(seconds)"]) }
      if seconds == 0 { return end(id, "timeout") }
      watchTime(id, milliseconds: Int(lamp.ends - now))
    }
    notify(id)
  }

  func refuseLamp(_ id: SubscriptionID, _ refusal: Refusal) {
    guard let lamp = lamps[id], lamp.ending == nil else { return }
    let failure = SIPFailure(refusal: refusal)
    if lamp.isAsked {
      lamps[id]?.isAsked = false
      wire { $0.respondHeld(lamp.dialog, status: failure.status, phrase: failure.phrase) }
      return forget(id)
    }
    end(id, "rejected")
  }

  // MARK: NOTIFY

  private func notify(_ id: SubscriptionID) {
    guard let lamp = lamps[id] else { return }
    guard !lamp.isNotifying else {
      lamps[id]?.isStale = true
      return
    }
    let now = clock()
    let left = lamp.ends > now ? (lamp.ends - now) / 1000 : 0
    let state = lamp.ending.map { "terminated;reason=\($0)" } ?? "active;expires=\(left)"
    let document = DialogInfo.document(
      lamp.lamp, entity: lamp.entity, version: lamp.version,
      host: settings.advertisedAddress ?? settings.address, user: lamp.address)
    lamps[id]?.version &+= 1
    lamps[id]?.isNotifying = true
    lamps[id]?.isStale = false
    wire {
      $0.notify(
        lamp.dialog, event: lamp.event, state: state, contentType: DialogInfo.mediaType, body: document)
    }
  }

  /// - Returns: whether the answer was to a NOTIFY of a lamp.
  func lampAnswered(_ response: SIPResponse) -> Bool {
    guard let id = lampOfDialog[response.dialog], let lamp = lamps[id] else { return false }
    guard response.method == .notify, response.status >= 200 else { return true }
    lamps[id]?.isNotifying = false
    if lamp.ending != nil, !lamp.isStale {
      forget(id)
    } else if response.status >= 300 {
      // Whoever doesn't know of it, or isn't there, isn't told again (RFC 6665 section 4.2.2).
      forget(id)
      report(.lampGone(id))
    } else if lamp.isStale {
      notify(id)
    }
    return true
  }

  // MARK: End

  private func watchTime(_ id: SubscriptionID, milliseconds: Int) {
    let old = lamps[id]?.timer
    let timer = wire { stack in
      if let old { stack.cancel(old) }
      return stack.after(milliseconds: milliseconds) { [weak self] _ in
        self?.assumeIsolated { plane in
          plane.lamps[id]?.timer = nil
          if plane.lamps[id]?.ending == nil { plane.end(id, "timeout") } else { plane.forget(id) }
        }
      }
    }
    lamps[id]?.timer = timer
  }

  /// - Parameter reason: RFC 6665 section 4.1.3.
  private func end(_ id: SubscriptionID, _ reason: String) {
    guard let lamp = lamps[id], lamp.ending == nil else { return }
    lamps[id]?.ending = reason
    report(.lampGone(id))
    notify(id)
  }

  /// Everybody is told to ask again in a while: the server stops.
  func endLamps() {
    for id in lamps.keys.sorted(by: { $0.value < $1.value }) {
      lamps[id]?.isNotifying = false
      end(id, "probation;retry-after=10")
    }
  }

  private func forget(_ id: SubscriptionID) {
    guard let lamp = lamps.removeValue(forKey: id) else { return }
    lampOfDialog[lamp.dialog] = nil
    wire { stack in
      if let timer = lamp.timer { stack.cancel(timer) }
      stack.release(lamp.dialog)
    }
  }
}
