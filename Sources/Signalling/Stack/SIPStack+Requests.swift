import CSofia

/// A call to make.
package struct OutgoingInvite: Hashable, Sendable {
  /// Request URI.
  package var uri: String
  /// Caller's user part and host; the stack's own address where the host is nil.
  package var fromUser: String
  package var fromName: String
  package var fromHost: String?
  /// Offer; nil for an INVITE without one.
  package var sdp: String?
  /// `host:port` or URI to send to instead of the request URI's host.
  package var proxy: String?
  /// Further header lines, `Name: value`.
  package var headers: [String]
  /// For a challenge (401, 407).
  package var credentials: SIPCredentials?

  package init(
    uri: String, fromUser: String, fromName: String = "", fromHost: String? = nil, sdp: String?,
    proxy: String? = nil,
    headers: [String] = [], credentials: SIPCredentials? = nil
  ) {
    self.uri = uri
    self.fromUser = fromUser
    self.fromName = fromName
    self.fromHost = fromHost
    self.sdp = sdp
    self.proxy = proxy
    self.headers = headers
    self.credentials = credentials
  }
}

/// What a stack can be told. Everything is ignored for a dialog that was released, and after `stop`.
extension SIPStack {
  // MARK: Calls

  /// Sends an INVITE. Answers come as `.response`, the end as `.terminated`; release the dialog then.
  package func invite(_ call: OutgoingInvite) -> SIPDialog {
    let dialog = newDialog()
    let from = address(user: call.fromUser, name: call.fromName, host: call.fromHost)
    let uri = withoutHeaders(call.uri)
    guard
      let handle = makeHandle(
        dialog, uri: uri, from: from, to: "<\(SIPText.line(uri))>", proxy: call.proxy,
        contactUser: call.fromUser)
    else {
      refuse(dialog, .invite)
      return dialog
    }
    handle.credentials = call.credentials
    sofia_invite(handle.pointer, call.sdp, announcedMethods, plainLine, lines(call.headers, handle))
    return dialog
  }

  /// Sends a re-INVITE; without a description it asks for an offer.
  package func reinvite(_ dialog: SIPDialog, sdp: String?, headers: [String] = []) {
    guard let handle = handle(of: dialog) else { return }
    sofia_invite(handle.pointer, sdp, announcedMethods, plainLine, lines(headers, handle))
  }

  /// Sends an UPDATE; without a description it only shows that we are there.
  package func update(_ dialog: SIPDialog, sdp: String? = nil, headers: [String] = []) {
    guard let handle = handle(of: dialog) else { return }
    sofia_update(handle.pointer, sdp, plainLine, lines(headers, handle))
  }

  /// Answers the peer's INVITE or re-INVITE, at any time, or the request whose event is being delivered.
  package func respond(
    _ dialog: SIPDialog, status: Int, phrase: String, sdp: String? = nil, headers: [String] = []
  ) {
    guard let handle = handle(of: dialog) else { return }
    let isCurrent = current?.dialog == dialog && current?.isAnswered == false && current?.method != .invite
    guard isCurrent || handle.hasPendingInvite else { return }
    var request: OpaquePointer?
    // The contacts of a registration are the phone's, and a refusal leads nowhere.
    let isOurs = status < 300 && !(isCurrent && current?.method == .register)
    if isCurrent {
      current = nil
      request = sofia_hold(nua)
    } else if status >= 200 {
      handle.hasPendingInvite = false
    }
    respond(handle, request, status, phrase, sdp, isOurs ? lines(headers, handle) : lines(headers))
  }

  /// Keeps the request whose event is being delivered, no INVITE, to be answered by `respondHeld`. False if another
  /// one of this dialog is kept already.
  package func hold(_ dialog: SIPDialog) -> Bool {
    guard let handle = handle(of: dialog), handle.held == nil, current?.dialog == dialog,
      current?.isAnswered == false, let request = sofia_hold(nua)
    else { return false }
    current = nil
    return handle.hold(request)
  }

  /// Answers what `hold` has kept.
  package func respondHeld(
    _ dialog: SIPDialog, status: Int, phrase: String, sdp: String? = nil, headers: [String] = []
  ) {
    guard let handle = handle(of: dialog), let request = handle.takeHeld() else { return }
    respond(handle, request, status, phrase, sdp, lines(headers, handle))
  }

  /// - Parameter request: nil for the INVITE.
  private func respond(
    _ handle: DialogHandle, _ request: OpaquePointer?, _ status: Int, _ phrase: String, _ sdp: String?,
    _ headers: String?
  ) {
    let allow = announcedMethods.map { "Allow: \($0)" }
    let headers = [headers, allow].compactMap(\.self).joined(separator: "\r\n")
    sofia_respond(
      handle.pointer, Int32(status), InternedPhrase.pointer(phrase, status: status), request, sdp, plainLine,
      headers.isEmpty ? nil : headers)
    if let request { sofia_forget(request) }
  }

  /// Sends later requests of this dialog to `proxy`, for a peer whose Contact can't be reached.
  package func setProxy(_ dialog: SIPDialog, _ proxy: String) {
    guard let handle = handle(of: dialog) else { return }
    sofia_set_proxy(handle.pointer, uri(proxy))
  }

  /// Meets challenges in a dialog that the peer has opened.
  package func setCredentials(_ dialog: SIPDialog, _ credentials: SIPCredentials) {
    handle(of: dialog)?.credentials = credentials
  }

  /// Ends an answered call.
  package func bye(_ dialog: SIPDialog, headers: [String] = []) {
    guard let handle = handle(of: dialog) else { return }
    sofia_bye(handle.pointer, lines(headers))
  }

  /// Takes an unanswered INVITE back. The answer may still be a 200 that crossed it: then `bye`.
  package func cancel(_ dialog: SIPDialog, headers: [String] = []) {
    guard let handle = handle(of: dialog) else { return }
    sofia_cancel(handle.pointer, lines(headers))
  }

  /// Blind transfer (RFC 3515).
  package func refer(_ dialog: SIPDialog, to target: String) {
    guard let handle = handle(of: dialog) else { return }
    sofia_refer(handle.pointer, "<\(SIPText.line(target))>")
  }

  /// Tells the peer how it goes with what its REFER asked for (RFC 3515 section 2.4.5): a status line is the whole
  /// message.
  /// - Parameter sequence: CSeq of the REFER, by which the subscription is known.
  package func notifyRefer(_ dialog: SIPDialog, sequence: UInt32, status: Int, phrase: String) {
    guard let handle = handle(of: dialog) else { return }
    let state = status < 200 ? "active;expires=180" : "terminated;reason=noresource"
    sofia_notify_refer(
      handle.pointer, "refer;id=\(sequence)", state, "SIP/2.0 \(status) \(SIPText.line(phrase))\r\n")
  }

  /// Tells a subscriber what he has asked to be told (RFC 6665).
  /// - Parameters:
  ///   - event: Event header of his subscription.
  ///   - state: Subscription-State header.
  package func notify(
    _ dialog: SIPDialog, event: SIPMessage.Event, state: String, contentType: String, body: String
  ) {
    guard let handle = handle(of: dialog) else { return }
    let event = SIPText.line(event.type + (event.id.map { ";id=\($0)" } ?? ""))
    sofia_notify(handle.pointer, event, SIPText.line(state), contentType, body)
  }

  package func info(_ dialog: SIPDialog, contentType: String, body: String) {
    guard let handle = handle(of: dialog) else { return }
    sofia_info(handle.pointer, contentType, body)
  }

  /// OPTIONS within a dialog.
  package func options(_ dialog: SIPDialog) {
    guard let handle = handle(of: dialog) else { return }
    sofia_options(handle.pointer, nil)
  }

  // MARK: Outside calls

  /// OPTIONS to `uri`. Release the dialog after its answer.
  /// - Parameter proxy: `host:port` or URI to send to instead.
  package func options(uri: String, fromUser: String = "", proxy: String? = nil) -> SIPDialog {
    let dialog = newDialog()
    let from = address(user: fromUser, name: "", host: nil)
    if let handle = makeHandle(
      dialog, uri: uri, from: from, to: "<\(SIPText.line(uri))>", proxy: proxy, contactUser: nil)
    {
      sofia_options(handle.pointer, nil)
    } else {
      refuse(dialog, .options)
    }
    return dialog
  }

  /// SUBSCRIBE (RFC 6665) to `uri`. Release the dialog when it is no longer wanted.
  package func subscribe(
    uri: String, as credentials: SIPCredentials, event: String, expires: Int, accept: String? = nil
  ) -> SIPDialog {
    let dialog = newDialog()
    let from = address(user: credentials.user, name: "", host: nil)
    if let handle = makeHandle(
      dialog, uri: uri, from: from, to: "<\(SIPText.line(uri))>", proxy: nil, contactUser: credentials.user)
    {
      handle.credentials = credentials
      sofia_subscribe(handle.pointer, event, "\(expires)", accept)
    } else {
      refuse(dialog, .subscribe)
    }
    return dialog
  }

  /// Asks again, for another time; 0 for no longer.
  package func resubscribe(_ dialog: SIPDialog, event: String, expires: Int, accept: String? = nil) {
    guard let handle = handle(of: dialog) else { return }
    sofia_subscribe(handle.pointer, event, "\(expires)", accept)
  }

  /// Registers `credentials.user` at `registrar` (`host:port`) and keeps the registration fresh until `unregister` or
  /// `release`. The Contact has the same user part, so that calls for the users of one stack can be told apart.
  package func register(
    _ credentials: SIPCredentials, registrar: String, domain: String? = nil, expires: Int = 3600
  ) -> SIPDialog {
    let dialog = newDialog()
    let domain = domain ?? registrar
    let address = "<sip:\(SIPURI.encoded(credentials.user))@\(SIPText.line(domain))>"
    if let handle = makeHandle(
      dialog, uri: uri(registrar), from: address, to: address, proxy: nil, contactUser: credentials.user)
    {
      handle.credentials = credentials
      handle.contact = contact(user: credentials.user, transport(of: registrar))
      sofia_register(handle.pointer, uri(registrar), "\(expires)", handle.contact)
    } else {
      refuse(dialog, .register)
    }
    return dialog
  }

  /// Refreshes a registration now, with another lifetime.
  package func reregister(_ dialog: SIPDialog, registrar: String, expires: Int) {
    guard let handle = handle(of: dialog) else { return }
    sofia_register(handle.pointer, uri(registrar), "\(expires)", handle.contact)
  }

  package func unregister(_ dialog: SIPDialog, registrar: String) {
    guard let handle = handle(of: dialog) else { return }
    sofia_unregister(handle.pointer, uri(registrar))
  }

  // MARK: Parts

  /// Answers a challenge with the dialog's credentials. False if there are none, or they were refused already.
  func answer(_ challenges: [SIPMessage.Authentication], on handle: DialogHandle) -> Bool {
    guard let credentials = handle.credentials else { return false }
    let digest = challenges.first { challenge in
      challenge.scheme.lowercased() == "digest" && DigestChallenge(challenge.parameters) != nil
    }
    guard let digest, let realm = digest.parameters["realm"] else { return false }
    // A stale nonce is no refusal (RFC 7616 section 3.3), but a server that finds every nonce stale is one.
    let isStale = digest.parameters["stale"]?.lowercased() == "true"
    guard handle.attempts == 0 || (isStale && handle.attempts < 3) else { return false }
    handle.attempts += 1
    // Percent-encoded until `DigestPlugin` uses them: the library cuts a password off at its first colon.
    let (user, password) = (SIPURI.encoded(credentials.user), SIPURI.encoded(credentials.password))
    sofia_authenticate(handle.pointer, "Digest:\(SIPText.quoted(realm)):\(user):\(password)")
    return true
  }

  private func makeHandle(
    _ dialog: SIPDialog, uri: String, from: String, to: String, proxy: String?, contactUser: String?
  ) -> DialogHandle? {
    // The library takes an unreadable URI for granted and falls silent.
    guard let nua, sofia_is_uri(SIPText.line(uri)) != 0 else { return nil }
    let user = contactUser.map(SIPURI.encoded).flatMap { $0.isEmpty ? nil : $0 }
    guard
      let pointer = sofia_handle(
        nua, UnsafeMutableRawPointer(bitPattern: dialog.number), SIPText.line(uri), from, to,
        proxy.map(self.uri),
        user)
    else { return nil }
    let handle = DialogHandle(pointer)
    handle.contact = contact(user: contactUser ?? "", transport(of: proxy ?? uri))
    dialogs[dialog] = handle
    return handle
  }

  /// A URI without what is to become header fields (`?Route=…`, RFC 3261 section 19.1.5). The library would write them
  /// into the request: whoever registers such a Contact would choose the road of our calls to him. An unreadable URI
  /// stays as it is. It is the library that divides it: two readings would leave a gap between them.
  private func withoutHeaders(_ uri: String) -> String {
    guard let url = url_make(nil, SIPText.line(uri)) else { return uri }
    defer { su_free(nil, url) }
    guard url.pointee.url_headers != nil else { return uri }
    url.pointee.url_headers = nil
    guard let text = url_as_string(nil, url) else { return uri }
    defer { su_free(nil, text) }
    return String(cString: text)
  }

  private func address(user: String, name: String, host: String?) -> String {
    let uri = SIPURI(user: user, host: host ?? settings.advertisedAddress ?? settings.address)
    return name.isEmpty ? "<\(uri)>" : "\(SIPText.quoted(name)) <\(uri)>"
  }

  private func uri(_ hop: String) -> String {
    let hop = SIPText.line(hop)
    return hop.hasPrefix("sip:") ? hop : "sip:\(hop)"
  }

  private func transport(of hop: String) -> SIPTransport {
    SIPTransport.allCases.first { $0 != .udp && hop.hasSuffix($0.parameter) } ?? .udp
  }

  /// With a port of TLS beside the other, the library may name the wrong one.
  func contact(user: String, _ transport: SIPTransport) -> String? {
    guard settings.tls != nil else { return nil }
    let host = settings.advertisedAddress ?? settings.address
    let uri = SIPURI(user: user, host: host, port: transport == .tls ? securePort : port)
    return "<\(uri)\(transport.parameter)>"
  }

  private func lines(_ headers: [String], _ handle: DialogHandle) -> String? {
    lines(headers + (handle.contact.map { ["Contact: \($0)"] } ?? []))
  }

  private func lines(_ headers: [String]) -> String? {
    headers.isEmpty ? nil : headers.map(SIPText.line).joined(separator: "\r\n")
  }

  /// The library would keep session timers of its own if it saw that we can have them.
  private var plainLine: String? {
    settings.extensions.contains(.sessionTimer) ? "Supported: \(SIPExtension.sessionTimer.rawValue)" : nil
  }

  /// What the Allow header shall say, where it isn't what the library would say.
  private var announcedMethods: String? {
    settings.announced.map { $0.map(\.rawValue).joined(separator: ", ") }
  }
}
