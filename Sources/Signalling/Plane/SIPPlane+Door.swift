import Supervision

/// Who may come in: trunks by their address, users by digest, nobody else.
extension SIPPlane {
  /// A request that belongs to none of our legs.
  func atDoor(_ request: SIPRequest) {
    guard !request.isAnswered else { return }
    switch request.method {
    case .invite: invited(request)
    case .register: register(request)
    case .options: answerOptions(request)
    case .subscribe: subscribe(request)
    case .refer: wire { $0.respond(request.dialog, status: 403, phrase: "Refer Within A Call") }
    default: wire { $0.respond(request.dialog, status: 501, phrase: "Not Implemented") }
    }
  }

  // MARK: INVITE

  private func invited(_ request: SIPRequest) {
    count(\.invites)
    let message = request.message
    if isStopping { return turnAway(request, 503, "Stopping") }
    // RFC 3261 section 16.3: what has gone in circles goes no further.
    if message.maxForwards == 0 { return turnAway(request, 483, "Too Many Hops") }
    if message.hasOwnVia {
      logAtDoor(
        "a call to '\(SIPText.line(message.requestUser))' has come back through \(message.source): correct the route "
          + "of one of us")
      return turnAway(request, 482, "Loop Detected")
    }
    if let trunk = trunk(of: message) { return welcome(request, .trunk(trunk.tenant, trunk.name), trunk) }
    guard let account = account(of: request) else { return }
    welcome(request, .user(account.tenant, account.user), nil)
  }

  private func trunk(of message: SIPMessage) -> SignallingSettings.Trunk? {
    settings.trunks.first { trunk in
      trunk.sources.contains { $0.contains(message.sourceAddress, port: message.sourcePort) }
    }
  }

  private func welcome(_ request: SIPRequest, _ endpoint: Endpoint, _ trunk: SignallingSettings.Trunk?) {
    let message = request.message
    if message.body != nil, message.sdp == nil {
      return turnAway(request, 415, "Unsupported Media Type", headers: ["Accept: application/sdp"])
    }
    if !message.accepts("application/sdp") { return turnAway(request, 406, "Not Acceptable") }
    var replaced: LegID?
    if let replaces = message.replaces {
      switch placeToTake(replaces) {
      case .success(let leg): replaced = leg
      case .failure(let refusal): return turnAway(request, refusal.failure.status, refusal.failure.phrase)
      }
    }
    let id = newIncomingLeg(request.dialog)
    guard takeTimer(request, id) else { return remove(id) }
    legs[id]?.offersLate = message.sdp == nil
    legs[id]?.isSilentUntilAnswer =
      message.sdp == nil && message.required.contains(SIPExtension.reliableProvisional.rawValue)
    let user: String
    if case .user(_, let name) = endpoint {
      // A phone proves who it is, and is told nothing else; its Contact may lie behind a NAT.
      user = name.value
      wire { $0.setProxy(request.dialog, message.returnHop) }
    } else {
      user = message.from.user
    }
    if let credentials = trunk?.credentials {
      wire { $0.setCredentials(request.dialog, credentials) }
    }
    let facts: (String) -> Bool = { [mapped = settings.mappedHeaders] name in
      name.hasPrefix("x-earshot-") || mapped.contains(name)
    }
    let isTrusted = trunk?.trusted == true
    var invite = IncomingInvite(
      leg: id, endpoint: endpoint, requestUser: message.requestUser,
      caller: CallerIdentity(user: user, name: message.from.name), sdp: message.sdp,
      headers: isTrusted ? message.otherHeaders.filter { facts($0.key) } : [:],
      sourceAddress: message.sourceAddress, client: message.userAgent)
    // What states facts of a call is believed of trusted trunks alone, by the routing too.
    invite.routingHeaders = message.readHeaders.filter { isTrusted || !facts($0.key) }
    invite.maxForwards = message.maxForwards
    invite.replaces = replaced
    report(.incoming(invite))
  }

  func turnAway(_ request: SIPRequest, _ status: Int, _ phrase: String, headers: [String] = []) {
    wire { stack in
      stack.respond(request.dialog, status: status, phrase: phrase, headers: headers)
      if request.method == .invite || request.method == .subscribe, !request.isInDialog {
        stack.release(request.dialog)
      }
    }
  }

  // MARK: Digest

  /// The user whose credentials the request bears. Without good ones it is answered here, and there is none.
  func account(of request: SIPRequest) -> SignallingSettings.Account? {
    let message = request.message
    let now = clock()
    let digest = message.credentials.first { credentials in
      credentials.scheme.lowercased() == "digest" && credentials.parameters["realm"] == settings.realm
    }
    guard let digest else {
      guard accounts[UserID(message.from.user)] != nil else {
        stranger(request)
        return nil
      }
      challenge(request, at: now)
      return nil
    }
    guard let account = accounts[UserID(digest.parameters["username"] ?? "")] else {
      stranger(request)
      return nil
    }
    let verdict = authenticator.verify(
      digest.parameters, method: request.method.rawValue, password: account.password, at: now)
    switch verdict {
    case .accepted: return account
    case .stale: challenge(request, at: now, stale: true)
    case .refused:
      count(\.authenticationFailures)
      logAtDoor(
        "wrong password of '\(account.user)' in \(request.method.rawValue) from \(message.source): "
          + "correct it in the phone, or look who tries")
      challenge(request, at: now)
    }
    return nil
  }

  private func challenge(_ request: SIPRequest, at now: UInt64, stale: Bool = false) {
    turnAway(request, 401, "Unauthorized", headers: authenticator.challenge(at: now, stale: stale))
  }

  private func stranger(_ request: SIPRequest) {
    count(\.strangers)
    let message = request.message
    logAtDoor(
      "refused \(request.method.rawValue) of '\(SIPText.line(message.from.user))' from \(message.source): "
        + "neither a trunk's address nor a user")
    turnAway(request, 403, "Forbidden")
  }

  // MARK: REGISTER

  private func register(_ request: SIPRequest) {
    guard let account = account(of: request) else { return }
    let message = request.message
    guard message.to.user == account.user.value else {
      logAtDoor("'\(account.user)' may not register '\(SIPText.line(message.to.user))'")
      return turnAway(request, 403, "Not Your Address")
    }
    let answer = registrar.register(message, user: account.user, tenant: account.tenant, at: clock())
    switch answer {
    case .done(let contact, let seconds):
      if message.transport == .tcp { keepFlow(message.returnHop) }
      turnAway(request, 200, "OK", headers: ["Contact: <\(contact)>;expires=\(seconds)"])
    case .empty: turnAway(request, 200, "OK")
    case .tooBrief(let minimum):
      turnAway(request, 423, "Interval Too Brief", headers: ["Min-Expires: \(minimum)"])
    case .badRequest(let why): turnAway(request, 400, why)
    }
  }

  // MARK: OPTIONS

  /// RFC 3261 section 11.2; the stack adds Allow.
  func answerOptions(_ request: SIPRequest) {
    wire {
      $0.respond(
        request.dialog, status: 200, phrase: "OK", headers: ["Accept: application/sdp"])
    }
  }
}

extension SIPMessage {
  /// Where it came from, for people.
  var source: String { "\(sourceAddress):\(sourcePort)" }
}
