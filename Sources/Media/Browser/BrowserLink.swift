import RTP
import Supervision

/// How one browser's leg is connected: its ICE credentials, the addresses that have proved to know them, its DTLS session
/// and the keys from it. The owner of all these. Used on the worker's thread only.
final class BrowserLink {
  /// Addresses of one browser that are known at once; the oldest gives way.
  private static let mostAddresses = 8
  /// DTLS sessions that one description may begin.
  private static let mostSessions = 8

  private let port: BrowserPort
  private let state: UnsafeMutablePointer<LegState>
  private let tell: (MediaEvent) -> Void
  private let leg: LegID
  private(set) var credentials: ICECredentials
  /// Those of before an ICE restart, until the first check under the new ones, and what the peer was called then.
  private var former: (own: ICECredentials, remote: String)?
  private(set) var remote: BrowserTransport?
  private var session: DTLSSession?
  private var sessions = 0
  private var sealing: SRTPStream?
  private var opening: SRTPStream?
  private var addresses: [SocketAddress] = []
  /// When the last valid check came.
  private var checkedAt: Nanoseconds = 0
  private var isConnected = false
  private var isLost = false
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
    if let before, before.fingerprint != remote.fingerprint {
      // Who held the old keys is another one: nothing of him counts any more.
      endSession()
      for address in addresses { port.remove(state, from: address) }
      addresses = []
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
    answer.bytes.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { _ = port.socket.send(base, count: buffer.count, to: sender) }
    }
    guard answer.isValid else {
      port.path.counters.pointee.stunRefusals &+= 1
      return
    }
    if !isFormer, let former {
      port.forget(former.own.key)
      self.former = nil
    }
    checkedAt = now
    if !addresses.contains(sender) {
      if addresses.count == Self.mostAddresses { port.remove(state, from: addresses.removeFirst()) }
      addresses.append(sender)
    }
    port.place(state, at: sender)
    if answer.isNominated || state.pointee.secure?.peer.isReachable != true {
      state.pointee.secure?.peer = sender
    }
    if isLost {
      isLost = false
      if session?.isDone == true { connect() }
      setTimer(now)
    }
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
    tell(.connected(leg))
  }

  private func disconnect(_ why: String) {
    endSession()
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
      tell(
        .disconnected(
          leg, "nothing was heard of the browser for \(port.patience / .second) s; look at its network"))
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
