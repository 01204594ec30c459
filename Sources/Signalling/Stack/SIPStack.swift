import CLinux
import CSofia
import Glibc

/// One SIP user agent: the owner of a sofia-sip `nua` on one UDP (and TCP) port, and the thread on which it runs. It serves as
/// the back-to-back user agent's wire and as the wire of any number of simulated phones.
///
/// Make it, `open` it with the handler of its events, `stop` it: it holds itself until then. The handler runs on the
/// stack's thread and may call the stack at once; an actor of its own can be pinned to that thread by giving
/// `unownedExecutor` as its executor.
package actor SIPStack {
  package typealias Handler = @Sendable (isolated SIPStack, SIPEvent) -> Void

  package nonisolated let thread: SIPThread
  package nonisolated let settings: SIPStackSettings
  package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private enum State {
    case new, opening, open, stopping, stopped
  }

  private var state = State.new
  var nua: OpaquePointer?
  private var handler: Handler?
  var dialogs: [SIPDialog: DialogHandle] = [:]
  private var lastDialog: UInt = 0
  private var timers: [UInt64: TimerHandle] = [:]
  private var lastTimer: UInt64 = 0
  /// Looks for silent connections; none without TCP.
  private var sweep: TimerHandle?
  /// The request whose event is being delivered, until it is answered.
  var current: SIPRequest?
  private var whenReady: CheckedContinuation<Void, Never>?
  private var whenShutDown: CheckedContinuation<Void, Never>?

  /// The bound port; 0 before `open`.
  package private(set) var port: UInt16 = 0
  /// That of TLS; 0 where it isn't spoken.
  package private(set) var securePort: UInt16 = 0
  /// The host in our Vias and Contacts; empty before `open`.
  private var host = ""
  /// Dialogs that were not released yet: 0 after all is over, or something leaks.
  package var liveDialogs: Int { dialogs.count }
  /// Timers that have neither fired nor been cancelled.
  package var liveTimers: Int { timers.count }

  package init(_ settings: SIPStackSettings) {
    self.settings = settings
    thread = SIPThread()
  }

  // MARK: Life

  /// Binds the socket and begins to deliver events to `handler`. On an error the thread is gone already.
  package func open(_ handler: @escaping Handler) async throws(SIPStackError) {
    guard state == .new else { throw state == .stopped ? .stopped : .alreadyOpen }
    state = .opening
    self.handler = handler
    let unusable = settings.tls.flatMap { tls in
      CertificateFolder(path: tls.folder).fault.map { SIPStackError.tls(folder: tls.folder, cause: $0) }
    }
    guard unusable == nil, let nua = create() else {
      let error = unusable ?? openingError()
      state = .stopped
      self.handler = nil
      await thread.end()
      throw error
    }
    self.nua = nua
    await withCheckedContinuation { continuation in
      whenReady = continuation
      sofia_ask_params(nua)
    }
    state = .open
    if settings.tcp || settings.tls != nil { sweepLater() }
    if let tls = settings.tls { try await admitOnly(tls) }
  }

  private func sweepLater() {
    sweep = TimerHandle(root: thread.root, milliseconds: max(50, settings.idleConnection / 10)) {
      [weak self] in
      self?.assumeIsolated { stack in
        for port in stack.ports {
          TCPConnections(port: port).endSilent(for: stack.settings.idleConnection)
        }
        stack.sweepLater()
      }
    }
  }

  private var ports: [UInt16] { settings.tls == nil ? [port] : [port, securePort] }
  /// TCP connections at this stack's ports, silent ones included.
  package var openConnections: Int { ports.reduce(0) { $0 + TCPConnections(port: $1).count } }

  /// Keeps everybody else from the port of TLS. Where that fails, nothing is open.
  private func admitOnly(_ tls: SIPStackSettings.TLS) async throws(SIPStackError) {
    do throws(SystemError) {
      try TCPConnections(port: securePort).admit(only: tls.sources)
    } catch {
      await stop()
      throw .tls(folder: tls.folder, cause: "strangers can't be kept from its port: \(error)")
    }
  }

  /// Ends whatever dialog is left, closes the socket and ends the thread. Returns when all of it is done; after it
  /// the stack does nothing more. Bounded: peers that don't answer are not waited for.
  package nonisolated func stop() async {
    if await close() { await thread.end() }
  }

  /// True if this call was the one that closed it.
  private func close() async -> Bool {
    switch state {
    case .new:
      state = .stopped
      return true
    case .opening, .stopping, .stopped: return false
    case .open: break
    }
    state = .stopping
    timers.removeAll()
    sweep = nil
    dialogs.removeAll()
    await withCheckedContinuation { continuation in
      whenShutDown = continuation
      nua_shutdown(nua)
    }
    nua_destroy(nua)
    nua = nil
    handler = nil
    state = .stopped
    Unmanaged.passUnretained(self).release()
    return true
  }

  private func create() -> OpaquePointer? {
    var port = settings.port == 0 ? "*" : "\(settings.port)"
    if let tls = settings.tls {
      // Of two ports the library tells one.
      self.port = settings.port == 0 ? freePort() : settings.port
      securePort = tls.port == 0 ? freePort() : tls.port
      port = "\(self.port)"
    }
    let address = SIPURI.host(settings.address)
    let advertised = settings.advertisedAddress.map { SIPURI.host($0) } ?? address
    // Without a transport it takes both, at the same port. A list of them crashes the library.
    var url = "sip:\(advertised):\(port)\(settings.tcp ? "" : ";transport=udp")"
    if advertised != address { url += ";maddr=\(address)" }
    let allowed = settings.allowed.map(\.rawValue).joined(separator: ", ")
    let automatic: Set<SIPMethod> = [.ack, .bye, .cancel]
    let handled = settings.allowed.filter { !automatic.contains($0) }.map(\.rawValue).joined(separator: ", ")
    // Timers are ours (`plainLine`).
    let extensions = settings.extensions.filter { $0 != .sessionTimer }.map(\.rawValue)
    // Held until `close`: the library's callback has nothing but this pointer.
    let magic = Unmanaged.passRetained(self)
    DigestPlugin.install()
    let nua = sofia_create(
      thread.root, receiveEvent, magic.toOpaque(), url, settings.userAgent, allowed, handled,
      extensions.isEmpty ? nil : extensions.joined(separator: ", "),
      settings.events.isEmpty ? nil : settings.events.joined(separator: ", "),
      UInt32(settings.transactionTimeout), settings.tls == nil ? nil : secureURL(advertised, address),
      settings.tls?.folder, UInt32(settings.tls?.asksPeers == true ? Self.asksAll : Self.asksServers))
    if nua == nil { magic.release() }
    return nua
  }

  /// Of the library's `tport_tls_verify_policy`: certificates of those whom we connect to, in their names; and of those
  /// who connect to us.
  private static let asksServers = 0x2 | 0x8
  private static let asksAll = asksServers | 0x1

  private func secureURL(_ advertised: String, _ address: String) -> String {
    let url = "sips:\(advertised):\(securePort)"
    return advertised == address ? url : url + ";maddr=\(address)"
  }

  // MARK: Dialogs

  func handle(of dialog: SIPDialog) -> DialogHandle? { dialogs[dialog] }

  func newDialog() -> SIPDialog {
    lastDialog += 1
    return SIPDialog(number: lastDialog)
  }

  /// Forgets a dialog. What is still open in it is ended by the library: CANCEL, BYE or 480.
  package func release(_ dialog: SIPDialog) { dialogs[dialog] = nil }

  // MARK: Timers

  /// Runs `action` on the stack's thread after `milliseconds`, unless cancelled before.
  package func after(
    milliseconds: Int, _ action: @escaping @Sendable (isolated SIPStack) -> Void
  ) -> SIPTimer {
    lastTimer += 1
    let number = lastTimer
    timers[number] = TimerHandle(root: thread.root, milliseconds: milliseconds) { [weak self] in
      self?.assumeIsolated { stack in
        stack.timers[number] = nil
        action(stack)
      }
    }
    return SIPTimer(number: number)
  }

  package func cancel(_ timer: SIPTimer) { timers[timer.number] = nil }

  // MARK: Events

  fileprivate func receive(
    _ event: nua_event_t, status: Int, phrase: String, handle: OpaquePointer?, number: UInt,
    sip: UnsafePointer<sip_t>?, tags: UnsafePointer<tagi_t>?
  ) {
    switch event {
    case nua_r_get_params: learnPort(tags)
    case nua_r_shutdown:
      guard status >= 200 else { return }
      whenShutDown?.resume()
      whenShutDown = nil
    case nua_r_authenticate: if number > 0 { unauthenticated(SIPDialog(number: number)) }
    case nua_i_terminated: if number > 0 { handler?(self, .terminated(SIPDialog(number: number))) }
    case nua_i_error:
      let dialog = number > 0 ? SIPDialog(number: number) : nil
      handler?(self, .failure(dialog, status: status, phrase: phrase))
    default:
      if let method = SIPMethod(indication: event) {
        request(method, status: status, handle: handle, number: number, sip: sip)
      } else if let method = SIPMethod(response: event), number > 0 {
        response(method, status: status, phrase: phrase, dialog: SIPDialog(number: number), sip: sip)
      }
    }
  }

  private func learnPort(_ tags: UnsafePointer<tagi_t>?) {
    guard let whenReady else { return }
    let own = sofia_own_contact(tags)?.pointee.m_url
    if let text = own?.url_host { host = String(cString: text) }
    if settings.tls == nil {
      let usual = settings.port == 0 ? 5060 : settings.port
      port = own?.url_port.map { UInt16(String(cString: $0)) ?? 5060 } ?? usual
    }
    self.whenReady = nil
    whenReady.resume()
  }

  private func request(
    _ method: SIPMethod, status: Int, handle: OpaquePointer?, number: UInt, sip: UnsafePointer<sip_t>?
  ) {
    guard let handle, let message = message(sip) else { return }
    let isInDialog = number > 0
    let dialog = isInDialog ? SIPDialog(number: number) : newDialog()
    if !isInDialog {
      let owner = DialogHandle(handle)
      owner.contact = contact(user: message.requestUser, message.transport)
      dialogs[dialog] = owner
      nua_handle_bind(handle, UnsafeMutableRawPointer(bitPattern: dialog.number))
    }
    let isAnswered = status >= 200 || method == .ack || method == .cancel
    if method == .invite, !isAnswered { dialogs[dialog]?.hasPendingInvite = true }
    // The library has sent the 487 that belongs to it.
    if method == .cancel { dialogs[dialog]?.hasPendingInvite = false }
    let request = SIPRequest(
      dialog: dialog, method: method, isInDialog: isInDialog, isAnswered: isAnswered, message: message)
    let outer = current
    current = request
    // The library takes a datagram that ends within its header for a message without the rest.
    let isCutOff = !message.isWhole && !isAnswered
    if isCutOff {
      respond(dialog, status: 400, phrase: "Message Cut Off")
    } else if let handler, state == .open {
      handler(self, .request(request))
    } else if method == .invite, !isAnswered {
      respond(dialog, status: 503, phrase: "Service Unavailable")
    }
    if current != nil, method != .invite, !isAnswered {
      respond(dialog, status: 501, phrase: "Not Implemented")
    }
    current = outer
    let isKept = method == .invite || dialogs[dialog]?.held != nil
    if !isInDialog, !isKept || isCutOff { release(dialog) }
  }

  private func response(
    _ method: SIPMethod, status: Int, phrase: String, dialog: SIPDialog, sip: UnsafePointer<sip_t>?
  ) {
    let message = message(sip)
    // 9xx are the library's own: it couldn't even send.
    let response = SIPResponse(
      dialog: dialog, method: method, status: status >= 900 ? 503 : status, phrase: phrase, message: message)
    if let message, let handle = dialogs[dialog] {
      if status == 401 || status == 407, answer(message.challenges, on: handle) {
        handle.challenged = response
        return
      }
      if status >= 200, status < 300 { handle.attempts = 0 }
      if status < 200, let answer = message.reliable {
        guard handle.takes(answer) else { return }
        sofia_prack(handle.pointer, answer.target, answer.to, answer.route, answer.rack)
      }
    }
    handler?(self, .response(response))
  }

  /// A request that couldn't even be made has failed all the same, but not before the caller knows its name.
  func refuse(_ dialog: SIPDialog, _ method: SIPMethod) {
    thread.submit { [self] in
      assumeIsolated { stack in
        let response = SIPResponse(
          dialog: dialog, method: method, status: 503, phrase: "Not A SIP URI", message: nil)
        stack.handler?(stack, .response(response))
        if method == .invite { stack.handler?(stack, .terminated(dialog)) }
      }
    }
  }

  /// The library can't answer the challenge, for all that we hoped: so it counts as the answer.
  private func unauthenticated(_ dialog: SIPDialog) {
    guard let handle = dialogs[dialog], let response = handle.challenged else { return }
    handle.challenged = nil
    handler?(self, .response(response))
  }

  private func message(_ sip: UnsafePointer<sip_t>?) -> SIPMessage? {
    guard let sip else { return nil }
    var port: UInt16 = 0
    let source = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer -> String? in
      guard sofia_source(nua, buffer.baseAddress, 64, &port) != 0 else { return nil }
      return String(cString: buffer.baseAddress!)
    }
    // An answer from nowhere is one that the library has made up: a time-out, an unreachable peer.
    guard let source else { return nil }
    return SIPMessageReader(
      sip: sip.pointee, sourceAddress: source, sourcePort: port, own: (host, ports),
      wanted: settings.readHeaders
    ).read()
  }
}

// Not a closure: see `runSIPThread`. Everything that the library reports comes through here, on the stack's thread.
private func receiveEvent(
  event: nua_event_t, status: Int32, phrase: UnsafePointer<CChar>?, nua: OpaquePointer?,
  magic: UnsafeMutableRawPointer?, handle: OpaquePointer?, handleMagic: UnsafeMutableRawPointer?,
  sip: UnsafePointer<sip_t>?, tags: UnsafeMutablePointer<tagi_t>?
) {
  guard let magic else { return }
  let stack = Unmanaged<SIPStack>.fromOpaque(magic).takeUnretainedValue()
  let phrase = phrase.map { String(cString: $0) } ?? ""
  // Safe: the pointers are used before this function returns, on the thread that it runs on.
  nonisolated(unsafe) let (handle, sip, tags) = (handle, sip, tags)
  let number = UInt(bitPattern: handleMagic)
  stack.assumeIsolated { stack in
    stack.receive(
      event, status: Int(status), phrase: phrase, handle: handle, number: number, sip: sip,
      tags: UnsafePointer(tags))
  }
}
