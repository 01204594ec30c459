import Locking
import Supervision

/// The softphones of agents' pages: who has one open, and the legs that they carry. To the calls it is a signalling
/// plane like SIP; what goes over the wire is `PhoneMessage` and `PhoneRequest`.
package final class BrowserPhones: SignallingPlane, Presence {
  struct Holder: Hashable, Sendable {
    var tenant: TenantID
    var user: UserID
  }

  struct Phone {
    /// nil while its page is gone and may return.
    var line: PhoneLine?
    /// He may be rung.
    var isReady = true
    var legs: [LegID] = []
    /// Ends the legs when the page hasn't come back.
    var grace: Task<Void, Never>?
  }

  struct Leg {
    enum Phase {
      /// We ring; with what the page is told.
      case ringing(PhoneMessage, timer: Task<Void, Never>)
      /// The page has dialled and isn't answered yet.
      case dialled
      case up
    }

    var holder: Holder
    var phase: Phase
    /// The page has made an offer on the live leg that isn't answered yet.
    var isOffered = false
  }

  struct State {
    var phones: [Holder: Phone] = [:]
    var legs: [LegID: Leg] = [:]
    /// Of legs that pages dial: odd, and far from those of SIP.
    var nextLeg: UInt64 = 1 << 62 + 1
  }

  /// Legs of one phone at once.
  static let mostLegs = 4

  let state = Lock(State())
  private let clock: any Clock<Duration>
  private let grace: Duration
  private let events: AsyncStream<SignallingEvent>.Continuation
  private let reported: AsyncStream<SignallingEvent>

  /// - Parameter grace: how long a page's legs wait for its return.
  package init(clock: any Clock<Duration> = ContinuousClock(), grace: Duration = .seconds(10)) {
    self.clock = clock
    self.grace = grace
    (reported, events) = AsyncStream.makeStream(of: SignallingEvent.self)
  }

  /// To be called once: whoever is told of events asks for presence too, so they meet after both exist.
  ///
  /// - Parameter onEvent: called in order, one after another; never while a command is being carried out, so it may
  ///   command in turn.
  package func connect(onEvent: @escaping @Sendable (SignallingEvent) -> Void) {
    Task { [reported] in for await event in reported { onEvent(event) } }
  }

  deinit { events.finish() }

  /// Pages that are open, and legs.
  package var counts: (phones: Int, legs: Int) {
    state.withLock { state in (state.phones.values.count { $0.line != nil }, state.legs.count) }
  }

  package func transport(of user: UserID, tenant: TenantID) -> LegTransport {
    state.withLock { $0.phones[Holder(tenant: tenant, user: user)]?.line == nil ? .rtp : .webRTC }
  }

  /// In the order of what happened: called while the state is locked.
  func report(_ event: SignallingEvent) { events.yield(event) }

  // MARK: Pages

  /// A page has opened its softphone. The one that had it is told so: the last wins.
  func open(_ principal: Principal, _ line: PhoneLine) {
    let holder = Holder(tenant: principal.tenant, user: principal.user)
    state.withLock { state in
      var phone = state.phones[holder] ?? Phone()
      phone.line?.send(PhoneMessage(.replaced))
      phone.line?.close(code: 4409, reason: "The softphone was opened elsewhere.")
      phone.grace?.cancel()
      phone.grace = nil
      phone.line = line
      phone.isReady = true
      state.phones[holder] = phone
      for id in phone.legs {
        if case .ringing(let message, _)? = state.legs[id]?.phase { line.send(message) }
      }
    }
  }

  /// A page is gone. Its legs stay for a while: sound goes on without it.
  func close(_ principal: Principal, _ line: PhoneLine) {
    let holder = Holder(tenant: principal.tenant, user: principal.user)
    state.withLock { state in
      guard state.phones[holder]?.line === line else { return }
      state.phones[holder]?.line = nil
      if state.phones[holder]?.legs.isEmpty == true {
        state.phones[holder] = nil
        return
      }
      state.phones[holder]?.grace = Task { [weak self, clock, grace] in
        guard (try? await clock.sleep(for: grace)) != nil else { return }
        self?.abandon(holder)
      }
    }
  }

  private func abandon(_ holder: Holder) {
    state.withLock { state in
      guard let phone = state.phones[holder], phone.line == nil, phone.grace?.isCancelled == false else {
        return
      }
      for id in phone.legs {
        guard let leg = Self.remove(id, &state) else { continue }
        if case .ringing = leg.phase {
          report(.failed(id, Self.unavailable))
        } else {
          report(.lost(id, "the agent's page is gone"))
        }
      }
    }
  }

  // MARK: Commands

  package func perform(_ command: SignallingCommand) {
    state.withLock { state in
      switch command {
      case .dial(let id, let target, let sdp, let caller, let options):
        ring(id, target, sdp, caller, options, &state)
      case .progress(let id, let status, let sdp): progress(id, status, sdp, &state)
      case .answer(let id, let sdp):
        guard case .dialled? = state.legs[id]?.phase else { return }
        state.legs[id]?.phase = .up
        tell(id, state) { message in
          message.type = .answer
          message.answer = sdp
        }
        report(.acknowledged(id))
      case .reject(let id, let failure): turnAway(id, failure.phrase, nil, &state)
      case .refuse(let id, let refusal): turnAway(id, refusal.explanation, refusal, &state)
      case .answerOffer(let id, let sdp):
        guard state.legs[id]?.isOffered == true else { return }
        state.legs[id]?.isOffered = false
        tell(id, state) { message in
          message.type = .answer
          message.answer = sdp
        }
      // A page asks for no transfers and no lamps, so it is told of none.
      case .reportReferral, .showLamp, .refuseLamp: break
      case .rejectOffer(let id, let refusal):
        guard state.legs[id]?.isOffered == true else { return }
        state.legs[id]?.isOffered = false
        tell(id, state) { $0.refuse("offer", Problem(refusal)) }
      case .end(let id, let reason): end(id, reason, &state)
      }
    }
  }

  private static let unavailable = SIPFailure(480, "Temporarily Unavailable")

  private func ring(
    _ id: LegID, _ target: DialTarget, _ sdp: String, _ caller: CallerIdentity, _ options: DialOptions,
    _ state: inout State
  ) {
    guard state.legs[id] == nil else { return }
    guard case .user(let tenant, let user) = target else {
      return report(.failed(id, SIPFailure(404, "Not A Browser's Phone")))
    }
    let holder = Holder(tenant: tenant, user: user)
    guard let phone = state.phones[holder], let line = phone.line, phone.isReady else {
      return report(.failed(id, Self.unavailable))
    }
    guard phone.legs.count < Self.mostLegs else { return report(.failed(id, SIPFailure(486, "Busy Here"))) }
    var message = PhoneMessage(.ring)
    message.leg = String(id.value)
    message.offer = sdp
    message.caller = .init(user: caller.user, name: caller.name)
    message.ringTimeout = options.ringTimeout
    let timer = Task { [weak self, clock] in
      guard (try? await clock.sleep(for: .seconds(options.ringTimeout))) != nil else { return }
      self?.rangOut(id)
    }
    state.legs[id] = Leg(holder: holder, phase: .ringing(message, timer: timer))
    state.phones[holder]?.legs.append(id)
    line.send(message)
    report(.progress(id, status: 180, sdp: nil, source: line.address))
  }

  private func rangOut(_ id: LegID) {
    state.withLock { state in
      guard case .ringing? = state.legs[id]?.phase else { return }
      stopRinging(id, "no answer", state)
      _ = Self.remove(id, &state)
      report(.failed(id, SIPFailure(408, "Request Timeout")))
    }
  }

  private func progress(_ id: LegID, _ status: Int, _ sdp: String?, _ state: inout State) {
    guard case .dialled? = state.legs[id]?.phase else { return }
    tell(id, state) { message in
      message.type = .progress
      message.status = status
      message.answer = sdp
    }
  }

  /// The final refusal of a leg that the page has dialled.
  private func turnAway(_ id: LegID, _ reason: String, _ refusal: Refusal?, _ state: inout State) {
    guard case .dialled? = state.legs[id]?.phase else { return }
    if let refusal { tell(id, state) { $0.refuse("dial", Problem(refusal)) } }
    tell(id, state) { message in
      message.type = .ended
      message.reason = reason
    }
    _ = Self.remove(id, &state)
  }

  private func end(_ id: LegID, _ reason: HangupReason, _ state: inout State) {
    guard let leg = state.legs[id] else { return }
    if case .ringing = leg.phase {
      stopRinging(id, reason.text, state)
    } else {
      tell(id, state) { message in
        message.type = .ended
        message.reason = reason.text
      }
    }
    _ = Self.remove(id, &state)
    report(.ended(id, reason))
  }

  // MARK: Legs

  func stopRinging(_ id: LegID, _ reason: String, _ state: State) {
    tell(id, state) { message in
      message.type = .stopRinging
      message.reason = reason
    }
  }

  /// Sends the leg's page a message about it, if it has a page.
  func tell(_ id: LegID, _ state: State, _ fill: (inout PhoneMessage) -> Void) {
    guard let leg = state.legs[id], let line = state.phones[leg.holder]?.line else { return }
    var message = PhoneMessage(.ended)
    message.leg = String(id.value)
    fill(&message)
    line.send(message)
  }

  /// Forgets a leg; and its phone, if that has neither page nor legs any more.
  static func remove(_ id: LegID, _ state: inout State) -> Leg? {
    guard let leg = state.legs.removeValue(forKey: id) else { return nil }
    if case .ringing(_, let timer) = leg.phase { timer.cancel() }
    state.phones[leg.holder]?.legs.removeAll { $0 == id }
    if let phone = state.phones[leg.holder], phone.line == nil, phone.legs.isEmpty {
      phone.grace?.cancel()
      state.phones[leg.holder] = nil
    }
    return leg
  }
}

extension PhoneMessage {
  /// Why something that the page asked for isn't done.
  mutating func refuse(_ what: String, _ problem: Problem) {
    type = .refused
    self.what = what
    title = problem.title
    detail = problem.detail
  }
}
