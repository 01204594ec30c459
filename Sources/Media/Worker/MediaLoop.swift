import Audio
import CLinux
import Glibc
import RTP
import Supervision

/// One worker's loop: waits for packets and timers, and serves calls first, then supervisors. Used on the worker's
/// thread only.
final class MediaLoop {
  /// Of the time after a wake that supervisors' rows may take before calls are looked at again.
  private static let supervisorBudget: Nanoseconds = 2_000_000
  private static let wakeToken = UInt64.max
  static let browserToken = UInt64.max - 1
  /// Legs of browsers that a worker has room for: they need no port of their own.
  private static let mostBrowsers = 4_096
  /// Turns in a row that may pass without a look at the timers, while packets of before wait to be read.
  private static let mostTurnsBehind = 8
  /// A leg's state is asked for that many packets before.
  private static let lookahead = 2

  let path: PacketPath
  let clips = PlayerClips()
  let ducking: Ducker.Settings
  /// Between two `MediaEvent.levels` of a call; 0: none.
  var levelInterval: Nanoseconds { Nanoseconds(settings.levelInterval) * .millisecond }
  /// Between two looks at the quality of a call's legs; 0: none.
  var qualityInterval: Nanoseconds { Nanoseconds(settings.qualityInterval) * .millisecond }
  /// When the loop last woke.
  private(set) var now: Nanoseconds

  let settings: MediaSettings
  let ports: PortPool
  let epoll: Epoll
  private let waiting: UnsafeMutablePointer<UInt64>
  let cname: String
  private let clock: @Sendable () -> Nanoseconds
  private let sink: @Sendable (CallID, MediaEvent) -> Void
  private var calls: [CallID: CallMedia] = [:]
  /// For the rare events that the packet path reports by leg.
  var callOfLeg: [UInt64: CallID] = [:]
  private var turnsBehind = 0
  var generator = SystemRandomNumberGenerator()
  let browsers: BrowserPort
  let post: QualityPost
  private let busy: BusyTime

  /// - Parameters:
  ///   - wake: the descriptor by which other threads wake the loop.
  ///   - busy: told how long each round took.
  init(
    settings: MediaSettings, ports: PortPool, number: Int, identity: DTLSIdentity, wake: Int32,
    busy: BusyTime,
    post: QualityPost,
    clock: @escaping @Sendable () -> Nanoseconds,
    sink: @escaping @Sendable (CallID, MediaEvent) -> Void
  ) throws(SystemFailure) {
    self.settings = settings
    self.ports = ports
    self.clock = clock
    self.sink = sink
    self.post = post
    self.busy = busy
    now = clock()
    path = PacketPath(legCapacity: ports.pairs + Self.mostBrowsers, now: now)
    epoll = try Epoll()
    waiting = .allocate(capacity: Epoll.capacity)
    var ducking = Ducker.Settings()
    ducking.depth = settings.duckingDepth
    self.ducking = ducking
    cname = "\(String(generator.next(), radix: 36))@\(settings.advertisedAddress)"
    browsers = try BrowserPort(
      path: path, identity: identity, ports: ports,
      address: SocketAddress(settings.bindAddress, port: 0) ?? .init(),
      fixedPort: settings.browserPort == 0 ? 0 : settings.browserPort + UInt16(number),
      patience: Nanoseconds(settings.stunTimeout) * .millisecond)
    try epoll.add(wake, token: Self.wakeToken)
    if browsers.isOpen { try epoll.add(browsers.socket.descriptor, token: Self.browserToken) }
  }

  deinit {
    calls = [:]
    waiting.deallocate()
    path.deallocate()
  }

  /// One round: waits, serves calls, timers, supervisors.
  /// - Returns: whether another thread has woken the loop.
  func turn() -> Bool {
    let isBehind = !path.deferred.pointee.isEmpty || browsers.hasWaiting
    let count = epoll.wait(timeout: isBehind ? 0 : path.wheel.pointee.timeout(now))
    now = clock()
    let woken = Clock.monotonic()
    var isWoken = false
    var supervisors = 0
    for index in 0..<count {
      if index &+ Self.lookahead < count,
        let next = path.legs.pointee.find(epoll.token(index &+ Self.lookahead))
      {
        path.prefetch(next.leg)
      }
      let token = epoll.token(index)
      if token == Self.wakeToken {
        isWoken = true
      } else if token == Self.browserToken {
        browsers.receive(now: now)
      } else if let found = path.legs.pointee.find(token) {
        if !found.isReport, found.leg.pointee.isCallLeg {
          path.take(found.leg, now: now)
        } else {
          waiting[supervisors] = token
          supervisors &+= 1
        }
      }
    }
    path.serveInHand(now: now)
    // A timer would speak for a source whose packet is here already, only unread.
    turnsBehind = count == Epoll.capacity ? turnsBehind &+ 1 : 0
    if turnsBehind == 0 || turnsBehind > Self.mostTurnsBehind { fireTimers() }
    for index in 0..<supervisors {
      guard let found = path.legs.pointee.find(waiting[index]) else { continue }
      if found.isReport { path.receiveReport(found.leg, now: now) } else { path.receive(found.leg, now: now) }
    }
    let deadline = Clock.monotonic() &+ Self.supervisorBudget
    path.serveSupervisors(until: deadline)
    browsers.serve(until: deadline, now: now)
    if path.keys.pointee.count > 0 { tellKeys() }
    busy.add(Clock.monotonic() &- woken)
    return isWoken
  }

  private func fireTimers() {
    while let timer = path.wheel.pointee.popDue(now) {
      switch timer.pointee.kind {
      case .mix:
        path.tick(timer.pointee.owner.assumingMemoryBound(to: MixState.self), now: now)
      case .report:
        let leg = timer.pointee.owner.assumingMemoryBound(to: LegState.self)
        leg.pointee.untie()
        path.sendReport(leg, cname: cname, bye: false, now: now)
        setReportTimer(leg)
      case .browser:
        let leg = timer.pointee.owner.assumingMemoryBound(to: LegState.self)
        leg.pointee.secure?.link.takeUnretainedValue().tick(now: now)
      case .levels:
        Unmanaged<CallMedia>.fromOpaque(timer.pointee.owner).takeUnretainedValue().tellLevels(now: now)
      case .quality:
        Unmanaged<CallMedia>.fromOpaque(timer.pointee.owner).takeUnretainedValue().tellQuality(now: now)
      }
    }
  }

  /// Half to one and a half of the mean, so that legs don't report in step (RFC 3550 section 6.2).
  func setReportTimer(_ leg: UnsafeMutablePointer<LegState>) {
    let mean = settings.reportInterval
    let wait = Int.random(in: mean / 2...mean * 3 / 2, using: &generator)
    path.wheel.pointee.set(
      path.legs.pointee.reportTimer(leg), at: now + Nanoseconds(wait) * .millisecond)
  }

  private func tellKeys() {
    let (calls, sink) = (callOfLeg, sink)
    path.keys.pointee.removeAll { leg, digit in
      if let call = calls[leg] { sink(call, .digit(LegID(leg), digit.character)) }
    }
  }

  // MARK: Between packets

  func perform(_ command: MediaCommand, for id: CallID) {
    if case .closeCall = command {
      let call = calls.removeValue(forKey: id) ?? CallMedia(id, loop: self)
      return call.perform(command)
    }
    if let call = calls[id] { return call.perform(command) }
    switch command {
    case .acceptOffer, .makeOffer:
      let call = CallMedia(id, loop: self)
      calls[id] = call
      call.perform(command)
    default: break
    }
  }

  func tell(_ call: CallID, _ event: MediaEvent) { sink(call, event) }

  /// Everything received so far has gone its way by the plan in force.
  func settleTraffic() { path.serveSupervisors(until: nil) }

  func drain(_ leg: CallLeg) {
    if leg.link != nil { browsers.drain(now: now) } else { path.drain(leg.state, now: now) }
    leg.forgetSound()
  }

  func open(_ leg: MediaLeg, of call: CallMedia) throws(MediaSetupError) -> CallLeg {
    if leg.transport == .webRTC { return try openBrowser(leg, of: call) }
    let sockets = try ports.open()
    let numbering = Numbering(ssrc: generator.next(), sequence: generator.next(), timestamp: generator.next())
    let state = path.legs.pointee.insert { slot, generation in
      LegState(
        leg: leg.leg.value, isCallLeg: leg.role.isCallParty, slot: slot, generation: generation,
        rtp: sockets.rtp, rtcp: sockets.rtcp, numbering: numbering)
    }
    guard let state else {
      var (rtp, rtcp, port) = sockets
      rtp.close()
      rtcp.close()
      ports.release(port)
      throw .noLeg(capacity: path.legs.pointee.capacity)
    }
    do throws(SystemFailure) {
      try epoll.add(state.pointee.rtp.descriptor, token: LegSlab.token(state.pointee, isReport: false))
      try epoll.add(state.pointee.rtcp.descriptor, token: LegSlab.token(state.pointee, isReport: true))
    } catch {
      free(state, port: sockets.port)
      throw .system(error.description)
    }
    callOfLeg[leg.leg.value] = call.id
    setReportTimer(state)
    let negotiator = SDPNegotiator(
      address: settings.advertisedAddress, port: sockets.port, leg: leg.leg, ptime: settings.ptime,
      codecs: settings.callFormats,
      secret: (0..<SDPNegotiator.secretLength).map { _ in UInt8.random(in: 0...255, using: &generator) })
    return CallLeg(leg, state: state, port: sockets.port, negotiator: negotiator)
  }

  func close(_ leg: CallLeg) {
    path.sendReport(leg.state, cname: cname, bye: true, now: now)
    callOfLeg[leg.id.value] = nil
    if let link = leg.link {
      closeBrowser(leg, link)
    } else {
      free(leg.state, port: leg.port)
    }
  }

  private func free(_ state: UnsafeMutablePointer<LegState>, port: UInt16) {
    path.wheel.pointee.cancel(path.legs.pointee.reportTimer(state))
    epoll.remove(state.pointee.rtp.descriptor)
    epoll.remove(state.pointee.rtcp.descriptor)
    state.pointee.rtp.close()
    state.pointee.rtcp.close()
    path.legs.pointee.remove(state)
    ports.release(port)
  }

  // MARK: Legs that go to another call

  func detach(_ leg: LegID, of call: CallID) -> TravellingLeg? { calls[call]?.detach(leg) }

  func attach(_ travelling: TravellingLeg, as leg: MediaLeg, of id: CallID) {
    let call = calls[id] ?? CallMedia(id, loop: self)
    calls[id] = call
    call.attach(travelling, as: leg)
  }

  /// Its sockets stay open: what comes meanwhile waits in them.
  func detach(_ leg: CallLeg) -> TravellingLeg {
    if leg.link != nil { return detachBrowser(leg) }
    let state = leg.state
    path.wheel.pointee.cancel(path.legs.pointee.reportTimer(state))
    epoll.remove(state.pointee.rtp.descriptor)
    epoll.remove(state.pointee.rtcp.descriptor)
    callOfLeg[leg.id.value] = nil
    let travelling = TravellingLeg(leg, state: state.pointee, ports: ports)
    path.legs.pointee.remove(state)
    return travelling
  }

  func attach(_ travelling: TravellingLeg, as leg: MediaLeg, of call: CallMedia) throws(MediaSetupError)
    -> CallLeg
  {
    if travelling.staysAtWorker { return attachBrowser(travelling, as: leg, of: call) }
    let arrived = travelling.state
    let state = path.legs.pointee.insert { arrived.moved(to: $0, generation: $1) }
    // Whoever gives it up, closes it.
    guard let state else { throw .noLeg(capacity: path.legs.pointee.capacity) }
    do throws(SystemFailure) {
      try epoll.add(state.pointee.rtp.descriptor, token: LegSlab.token(state.pointee, isReport: false))
      try epoll.add(state.pointee.rtcp.descriptor, token: LegSlab.token(state.pointee, isReport: true))
    } catch {
      epoll.remove(state.pointee.rtp.descriptor)
      path.legs.pointee.remove(state)
      throw .system(error.description)
    }
    let attached = travelling.take()
    attached.move(to: state, as: leg)
    callOfLeg[leg.leg.value] = call.id
    setReportTimer(state)
    return attached
  }

  func closeAll() {
    for id in calls.keys { perform(.closeCall, for: id) }
  }

  var counters: MediaCounters {
    var counters = path.counters.pointee
    counters.calls = calls.count
    counters.legs = path.legs.pointee.count
    counters.browserLegs = browsers.legCount
    counters.sockets = (path.legs.pointee.count - browsers.legCount) * 2 + (browsers.legCount > 0 ? 1 : 0)
    counters.timers = path.wheel.pointee.count
    return counters
  }
}
