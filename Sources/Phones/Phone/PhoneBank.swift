import Glibc
import RTP
import Signalling

/// Many softphones on one SIP port and one media thread. Runs on the thread of its SIP stack.
package actor PhoneBank {
  package nonisolated let media: PhoneMedia
  nonisolated let stack: SIPStack
  private let ownsMedia: Bool
  /// Numeric address of its SIP and of its phones' sound.
  package nonisolated let address: String
  /// Its SIP port; 0 before `open`.
  package private(set) var port: UInt16 = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { stack.unownedExecutor }

  /// A phone and what it does with calls.
  private struct Line {
    // The owner of a phone may give it up; its line goes with it.
    weak var phone: Phone?
    var answering = Answering.automatic
    var sound = PhoneSound.silence
    var settings = PhoneCallSettings()
  }

  /// What the bank knows of a call beside what the call shows.
  struct Entry {
    let call: PhoneCall
    var local: LocalAudio
    /// The peer's offer that waits for our answer.
    var offer: String?
    /// An offer of ours waits for its answer.
    var hasOffered = false
    var isEnding = false
  }

  private var lines: [String: Line] = [:]
  var calls: [SIPDialog: Entry] = [:]
  /// INVITEs whose ports are being opened.
  private var arriving: Set<SIPDialog> = []
  private var registrations: [String: SIPDialog] = [:]
  private var registering: [SIPDialog: CheckedContinuation<PhoneRefusal?, Never>] = [:]
  private var lastSession: UInt64 = 1_000

  /// - Parameters:
  ///   - address: of the phones; a trunk's customers have one of their own.
  ///   - port: 0 for any that is free.
  ///   - media: shared with other banks; nil for one of its own.
  package init(
    address: String = "127.0.0.1", port: UInt16 = 0, media: PhoneMedia? = nil,
    userAgent: String = "Earshot phone"
  ) {
    self.address = address
    self.media = media ?? PhoneMedia(address: address)
    ownsMedia = media == nil
    stack = SIPStack(SIPStackSettings(address: address, port: port, userAgent: userAgent))
  }

  package func open() async throws(SIPStackError) {
    try await stack.open { [self] _, event in assumeIsolated { $0.receive(event) } }
    port = await stack.port
  }

  /// Ends every call and closes all. After it the phones do nothing more.
  package func stop() async {
    for dialog in calls.keys { end(dialog) }
    await stack.stop()
    let end = CallEnd(status: 503, phrase: "The phone was switched off", reason: nil, isByPeer: false)
    for dialog in calls.keys { finish(dialog, end) }
    for entry in registering.values { entry.resume(returning: PhoneRefusal(status: 503, phrase: "stopped")) }
    registering = [:]
    lines = [:]
    if ownsMedia { await media.stop() }
  }

  /// Calls that are not over yet, for leak checks.
  package var liveCalls: Int { calls.count + arriving.count }

  // MARK: Lines

  /// A phone of that account. One whose user is `*` takes the calls that nobody else does.
  package func phone(_ account: PhoneAccount, server: String = "127.0.0.1:5060") -> Phone {
    let phone = Phone(bank: self, account: account, server: server)
    lines[account.user] = Line(phone: phone)
    return phone
  }

  func setAnswering(
    of phone: Phone, _ answering: Answering, saying sound: PhoneSound, settings: PhoneCallSettings
  ) {
    lines[phone.account.user]?.answering = answering
    lines[phone.account.user]?.sound = sound
    lines[phone.account.user]?.settings = settings
  }

  func register(_ phone: Phone, expires: Int) async throws(PhoneRefusal) {
    if let old = registrations.removeValue(forKey: phone.account.user) { onStack { $0.release(old) } }
    let credentials = SIPCredentials(user: phone.account.user, password: phone.account.password)
    let dialog = onStack { $0.register(credentials, registrar: phone.server, expires: expires) }
    let refusal = await withCheckedContinuation { registering[dialog] = $0 }
    if let refusal {
      onStack { $0.release(dialog) }
      throw refusal
    }
    registrations[phone.account.user] = dialog
  }

  func unregister(_ phone: Phone) async {
    guard let dialog = registrations.removeValue(forKey: phone.account.user) else { return }
    _ = await withCheckedContinuation { waiter in
      registering[dialog] = waiter
      onStack { $0.unregister(dialog, registrar: phone.server) }
    }
    onStack { $0.release(dialog) }
  }

  // MARK: Calls

  func call(
    _ target: String, from phone: Phone, headers: [String], saying sound: PhoneSound,
    settings: PhoneCallSettings
  ) async throws -> PhoneCall {
    let (endpoint, local) = try await open(settings)
    await media.say(endpoint, sound)
    let uri = target.hasPrefix("sip:") ? target : "sip:\(SIPURI.encoded(target))@\(phone.server)"
    let account = phone.account
    let invite = OutgoingInvite(
      uri: uri, fromUser: account.user, fromName: account.name,
      sdp: settings.offersLate ? nil : OfferAnswer.offer(local).text, headers: headers,
      credentials: account.password.isEmpty
        ? nil : SIPCredentials(user: account.user, password: account.password))
    let invited = Clock.wall
    let dialog = onStack { $0.invite(invite) }
    let call = PhoneCall(
      bank: self, dialog: dialog, endpoint: endpoint, isIncoming: false, peer: target, peerName: "",
      headers: [:],
      invited: invited)
    calls[dialog] = Entry(call: call, local: local, hasOffered: !settings.offersLate)
    return call
  }

  /// An INVITE came in: a call is made of it, once its ports are open.
  func arrive(_ request: SIPRequest) {
    let message = request.message
    guard let line = lines[message.requestUser] ?? lines["*"], let phone = line.phone else {
      return onStack { $0.respond(request.dialog, status: 404, phrase: "Not Found") }
    }
    if case .refuse(let status) = line.answering {
      return onStack { $0.respond(request.dialog, status: status, phrase: "Refused") }
    }
    arriving.insert(request.dialog)
    let invited = Clock.wall
    Task {
      let opened = try? await open(line.settings)
      guard let (endpoint, local) = opened, arriving.remove(request.dialog) != nil else {
        if let opened { await media.close(opened.0) }
        return refuse(request.dialog, status: 500)
      }
      let call = PhoneCall(
        bank: self, dialog: request.dialog, endpoint: endpoint, isIncoming: true, peer: message.from.user,
        peerName: message.from.name, headers: message.otherHeaders, invited: invited)
      calls[request.dialog] = Entry(call: call, local: local, offer: message.sdp)
      await media.say(endpoint, line.sound)
      switch line.answering {
      case .automatic:
        ring(request.dialog, early: false)
        answer(request.dialog)
      case .ring: ring(request.dialog, early: false)
      case .ignore, .refuse: break
      }
      phone.arrivals.yield(call)
    }
  }

  /// The caller of an INVITE has given up before the call was made of it.
  func forget(_ dialog: SIPDialog) { arriving.remove(dialog) }

  private func open(_ settings: PhoneCallSettings) async throws(MediaError) -> (EndpointID, LocalAudio) {
    let (endpoint, port) = try await media.open(settings.endpoint, address: address)
    lastSession += 1
    let local = LocalAudio(
      address: address, port: port, sessionID: String(lastSession), supported: settings.formats,
      ptime: settings.ptime)
    return (endpoint, local)
  }

  /// The answer to a REGISTER.
  func registered(_ response: SIPResponse) {
    guard response.status >= 200, let waiter = registering.removeValue(forKey: response.dialog) else {
      return
    }
    let isAccepted = response.status < 300
    waiter.resume(
      returning: isAccepted ? nil : PhoneRefusal(status: response.status, phrase: response.phrase))
  }

  /// The stack lives on this actor's own thread.
  func onStack<Result: Sendable>(_ body: (isolated SIPStack) -> Result) -> Result {
    stack.assumeIsolated(body)
  }
}
