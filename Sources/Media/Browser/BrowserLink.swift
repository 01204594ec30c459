import RTP
import Supervision

/// How one browser's leg is connected: its ICE credentials, the addresses that have proved to know them, its DTLS session
/// and the keys from it. The owner of all these. Used on the worker's thread only.
final class BrowserLink {
  /// Addresses of one browser that are known at once; the least recently used gives way.
  private static let mostAddresses = 8
  /// DTLS sessions that one description may begin.
  private static let mostSessions = 8
  /// A pair that was named this short a time ago isn't left for another: what was caught on its way and comes from
  /// elsewhere is no move. Browsers name their pair every 2.5 s at the latest, so a real move takes no more than 5 s.
  private static let hold: Nanoseconds = 2_000_000_000

  private let port: BrowserPort
  private let state: UnsafeMutablePointer<LegState>
  private var tell: (MediaEvent) -> Void
  private let leg: LegID
  private(set) var credentials: ICECredentials
  /// Those of before an ICE restart, until the first check under the new ones, and what the peer was called then.
  private var former: (own: ICECredentials, remote: String)?
  private(set) var remote: BrowserTransport?
  private var session: DTLSSession?
  private var sessions = 0
  private var sealing: SRTPStream?
  private var opening: SRTPStream?
  /// The last checked one at the end.
  private var addresses: [SocketAddress] = []
  private var recent = RecentChecks()
  /// When the last check came that names the present pair as the one to be used; nil: none yet.
  private var nominatedAt: Nanoseconds?
  /// When the last valid check came.
  private var checkedAt: Nanoseconds = 0
  private var isConnected = false
  /// No check for too long.
  private var isLost = false
  /// Why it is gone, if that has been told, and nothing better since.
  private var whyGone: String?
  private let timer: UnsafeMutablePointer<TimerNode>

  init(
    _ leg: LegID, state: UnsafeMutablePointer<LegState>, port: BrowserPort, credentials: ICECredentials,
    tell: @escaping (MediaEvent) -> Void
  ) {
    self.leg = leg
    self.state = state
    self.port = port
    self.credentials = credentials
    self.tell = tell
    timer = .allocate(capacity: 1)
    timer.initialize(to: TimerNode(.browser, owner: state))
    port.expect(credentials.key, state)
  }

  deinit { timer.deallocate() }

  /// Another call is told from now on; also of what happened while nobody was.
  func belong(_ tell: @escaping (MediaEvent) -> Void) {
    self.tell = tell
    if let whyGone { tell(.disconnected(leg, whyGone)) }
  }

  /// A supervisor listens by this leg now.
  var isHearing: Bool { isConnected }

  // MARK: Descriptions

  /// The next description of ours names new credentials: an ICE restart (RFC 8445, section 9).
  func restart(_ next: ICECredentials) {
    if let former { port.forget(former.own.key) }
    former = (credentials, remote?.fragment ?? "")
    credentials = next
    port.expect(next.key, state)
  }

  /// What the peer says of itself is in force. Another certificate means another DTLS session.
  func agree(_ remote: BrowserTransport, now: Nanoseconds) {
    let before = self.remote
    guard before?.fragment != remote.fragment || before?.fingerprint != remote.fingerprint else { return }
    self.remote = remote
    sessions = 0
    checkedAt = now
    isLost = false
    whyGone = nil
    if let before, before.fingerprint != remote.fingerprint {
      // Who held the old keys is another one: nothing of him counts any more.
      endSession()
      for address in addresses { port.remove(state, from: address) }
      addresses = []
      recent = RecentChecks()
      nominatedAt = nil
      state.pointee.secure?.peer = SocketAddress()
      if let former { port.forget(former.own.key) }
      former = nil
    }
    setTimer(now)
  }

  // MARK: ICE

  /// A check whose user name is one of ours.
  func check(_ bytes: UnsafeRawPointer, count: Int, from sender: SocketAddress, now: Nanoseconds) {
    guard let remote, let message = STUNMessage.parse(bytes, count: count) else { return }
    var (own, name) = (credentials, remote.fragment)
    let isFormer = message.localFragment(bytes) != own.key
    if isFormer {
      guard let former else { return }
      (own, name) = (former.own, former.remote)
    }
    let answer = ICEAnswer(to: message, bytes, own: own, remoteFragment: name, sender: sender)
    // Who sends a copy, or from where another browser is, isn't told that it was right.
    let isTaken =
      answer.isValid && recent.admit(bytes, from: sender) && port.place(state, at: sender, now: now)
    if isTaken || !answer.isValid {
      answer.bytes.withUnsafeBytes { buffer in
        if let base = buffer.baseAddress { _ = port.socket.send(base, count: buffer.count, to: sender) }
      }
    }
    guard isTaken else {
      port.path.counters.pointee.stunRefusals &+= 1
      return
    }
    if !isFormer, let former {
      port.forget(former.own.key)
      self.former = nil
      nominatedAt = nil
    }
    checkedAt = now
    addresses.removeAll { $0 == sender }
    if addresses.count == Self.mostAddresses { port.remove(state, from: addresses.removeFirst()) }
    addresses.append(sender)
    choose(sender, isNominated: answer.isNominated, now: now)
    if isLost {
      isLost = false
      if session?.isDone == true { connect() }
      setTimer(now)
    }
  }

  /// A check from there was right: it may be where the browser is to be sent to.
  private func choose(_ sender: SocketAddress, isNominated: Bool, now: Nanoseconds) {
    let peer = state.pointee.secure?.peer ?? SocketAddress()
    if isNominated {
      if peer.isReachable, peer != sender, let nominatedAt, now &- nominatedAt < Self.hold { return }
      nominatedAt = now
    } else if peer.isReachable {
      return
    }
    state.pointee.secure?.peer = sender
  }

  // MARK: DTLS

  /// A datagram of DTLS from an address that has passed a check.
  func handshake(_ bytes: UnsafeRawPointer, count: Int, from sender: SocketAddress, now: Nanoseconds) {
    guard let remote else { return }
    if session == nil {
      guard sessions < Self.mostSessions else { return }
      sessions += 1
      session = DTLSSession(port.identity, socket: port.socket, fingerprint: remote.fingerprint)
    }
    guard let session else { return }
    take(session.receive(bytes, count: count, from: sender))
    setTimer(now)
  }

  private func take(_ progress: DTLSSession.Progress) {
    switch progress {
    case .goesOn: break
    case .keys(let profile, let client, let server):
      let (opening, sealing) = (
        SRTPStream(profile, client, isSealing: false), SRTPStream(profile, server, isSealing: true)
      )
      // SRTP's count of wraps begins at 0 on both sides, so the numbers begin in the lower half again.
      state.pointee.numbering.restart(at: UInt16.random(in: Numbering.firstSequences))
      self.opening = opening
      self.sealing = sealing
      state.pointee.secure?.opening = .passUnretained(opening)
      state.pointee.secure?.sealing = .passUnretained(sealing)
      connect()
    case .closed: disconnect("the browser has closed the connection")
    case .failed(let why):
      port.path.counters.pointee.dtlsFailures &+= 1
      disconnect(why)
    }
  }

  private func connect() {
    isConnected = true
    whyGone = nil
    tell(.connected(leg))
  }

  private func disconnect(_ why: String) {
    endSession()
    tellGone(why)
  }

  private func tellGone(_ why: String) {
    guard whyGone == nil else { return }
    whyGone = why
    tell(.disconnected(leg, why))
  }

  private func endSession() {
    session?.close()
    session = nil
    isConnected = false
    state.pointee.secure?.opening = nil
    state.pointee.secure?.sealing = nil
    opening = nil
    sealing = nil
  }

  // MARK: Time

  /// The timer has come.
  func tick(now: Nanoseconds) {
    if let session { take(session.tick()) }
    if !isLost, remote != nil, now &- checkedAt >= port.patience {
      isLost = true
      isConnected = false
      state.pointee.secure?.peer = SocketAddress()
      nominatedAt = nil
      tellGone("nothing was heard of the browser for \(port.patience / .second) s; look at its network")
    }
    setTimer(now)
  }

  private func setTimer(_ now: Nanoseconds) {
    var next = isLost ? nil : checkedAt &+ port.patience
    if let timeout = session?.timeout {
      let again = now &+ min(max(timeout, 10 * .millisecond), .second)
      next = min(next ?? again, again)
    }
    if let next {
      port.path.wheel.pointee.set(timer, at: next)
    } else {
      port.path.wheel.pointee.cancel(timer)
    }
  }

  /// The leg is closed.
  func close() {
    endSession()
    port.path.wheel.pointee.cancel(timer)
    port.forget(credentials.key)
    if let former { port.forget(former.own.key) }
    for address in addresses { port.remove(state, from: address) }
  }
}
