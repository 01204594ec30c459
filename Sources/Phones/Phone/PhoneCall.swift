import Audio
import Locking
import RTP
import Signalling

/// One call of a phone: what it says, what it hears, and where it stands. Its sound stays to be read after the call
/// has ended, until this is given up.
package final class PhoneCall: Sendable {
  package let bank: PhoneBank
  let dialog: SIPDialog
  /// Its ports in the media of the bank.
  package let endpoint: EndpointID
  package let isIncoming: Bool
  /// Who calls (incoming) or is called (outgoing): user part and name.
  package let peer: String
  package let peerName: String
  /// Header fields of the INVITE that came in, by lower-case name.
  package let headers: [String: String]

  private struct Waiter {
    var number: UInt64
    var condition: @Sendable (PhoneCallState) -> Bool
    var continuation: CheckedContinuation<PhoneCallState, Never>
  }

  private struct Progress {
    var state: PhoneCallState
    var waiters: [Waiter] = []
    var lastWaiter: UInt64 = 0
    /// Waits that were cancelled before they had begun.
    var cancelled: Set<UInt64> = []
  }
  private let progress: Lock<Progress>

  init(
    bank: PhoneBank, dialog: SIPDialog, endpoint: EndpointID, isIncoming: Bool, peer: String,
    peerName: String,
    headers: [String: String], invited: Int64
  ) {
    self.bank = bank
    self.dialog = dialog
    self.endpoint = endpoint
    self.isIncoming = isIncoming
    self.peer = peer
    self.peerName = peerName
    self.headers = headers
    var state = PhoneCallState()
    state.invited = invited
    progress = Lock(Progress(state: state))
  }

  deinit {
    Task { [media = bank.media, endpoint] in await media.close(endpoint) }
  }

  // MARK: Where it stands

  package var state: PhoneCallState { progress.withLock { $0.state } }

  /// Waits until `condition` holds, the call has ended, or the task is cancelled.
  @discardableResult
  package func wait(until condition: @escaping @Sendable (PhoneCallState) -> Bool) async -> PhoneCallState {
    let number = progress.withLock { progress in
      progress.lastWaiter += 1
      return progress.lastWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now: PhoneCallState? = progress.withLock { progress in
          let isOver = progress.state.phase == .ended || progress.cancelled.remove(number) != nil
          if isOver || condition(progress.state) { return progress.state }
          progress.waiters.append(Waiter(number: number, condition: condition, continuation: continuation))
          return nil
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      let (waiter, state) = progress.withLock { progress in
        guard let index = progress.waiters.firstIndex(where: { $0.number == number }) else {
          progress.cancelled.insert(number)
          return (nil as Waiter?, progress.state)
        }
        return (progress.waiters.remove(at: index), progress.state)
      }
      waiter?.continuation.resume(returning: state)
    }
  }

  @discardableResult
  package func wait(for phase: PhoneCallState.Phase) async -> PhoneCallState {
    await wait { $0.phase >= phase }
  }

  /// Waits for the answer.
  /// - Throws: the refusal, if there is none.
  package func answered() async throws(PhoneRefusal) {
    let state = await wait(for: .answered)
    guard let end = state.end, state.answered == 0 else { return }
    throw PhoneRefusal(status: end.status, phrase: end.phrase, reason: end.reason)
  }

  package func ended() async -> CallEnd {
    let state = await wait(for: .ended)
    return state.end ?? CallEnd(status: 200, phrase: "OK", reason: nil, isByPeer: true)
  }

  func update(_ change: (inout PhoneCallState) -> Void) {
    let (state, due) = progress.withLock { progress in
      guard progress.state.phase != .ended else { return (progress.state, [] as [Waiter]) }
      change(&progress.state)
      let state = progress.state
      let due = progress.waiters.filter { state.phase == .ended || $0.condition(state) }
      progress.waiters.removeAll { waiter in due.contains { $0.number == waiter.number } }
      return (state, due)
    }
    for waiter in due { waiter.continuation.resume(returning: state) }
  }

  // MARK: What the phone does

  /// 180, or 183 with a description where `early`.
  package func ring(early: Bool = false) async { await bank.ring(dialog, early: early) }
  package func answer() async { await bank.answer(dialog) }
  package func refuse(_ status: Int = 486) async { await bank.refuse(dialog, status: status) }

  /// BYE, CANCEL or 603, as it stands. Returns when the call is over.
  package func hangUp() async {
    await bank.end(dialog)
    _ = await ended()
  }

  /// Puts the other side on hold by a re-INVITE, `sendonly` or `inactive`; returns once it is answered.
  /// - Throws: a refusal of the re-INVITE.
  package func hold(_ direction: SDPDirection = .sendonly) async throws(PhoneRefusal) {
    try await renegotiate { $0.direction = direction }
  }

  package func unhold() async throws(PhoneRefusal) { try await renegotiate { $0.direction = .sendrecv } }

  /// Says by a re-INVITE that the call's sound is elsewhere from now on. Its own ports send on.
  /// - Throws: a refusal of the re-INVITE.
  package func moveSound(to address: String, port: UInt16) async throws(PhoneRefusal) {
    try await renegotiate {
      $0.address = address
      $0.port = port
    }
  }

  private func renegotiate(_ change: @Sendable (inout LocalAudio) -> Void) async throws(PhoneRefusal) {
    update {
      $0.isRenegotiating = true
      $0.renegotiationRefused = nil
    }
    await bank.renegotiate(dialog, change)
    let state = await wait { !$0.isRenegotiating }
    if let status = state.renegotiationRefused {
      throw PhoneRefusal(status: status, phrase: "re-INVITE refused")
    }
  }

  /// REFER to a URI; returns once it is known how it went.
  /// - Returns: the status told by NOTIFY, or that of the REFER if it was refused; nil if the call ended before.
  @discardableResult
  package func transfer(to target: String) async -> Int? {
    update {
      $0.transferStatus = nil
      $0.referStatus = nil
    }
    await bank.refer(dialog, to: target)
    let state = await wait { ($0.transferStatus ?? 0) >= 200 || ($0.referStatus ?? 0) >= 300 }
    return state.referStatus.flatMap { $0 >= 300 ? $0 : nil } ?? state.transferStatus
  }

  /// Brings the other sides of both calls together: REFER with Replaces (RFC 3891).
  @discardableResult
  package func transfer(into other: PhoneCall) async -> Int? {
    guard let name = other.state.dialog else { return nil }
    let value = "\(name.callID);to-tag=\(name.peerTag);from-tag=\(name.ownTag)"
    let encoded = value.replacing("@", with: "%40").replacing(";", with: "%3B").replacing("=", with: "%3D")
    return await transfer(to: "sip:\(SIPURI.encoded(other.peer))@earshot.invalid?Replaces=\(encoded)")
  }

  // MARK: Sound

  package func say(_ sound: PhoneSound) async { await bank.media.say(endpoint, sound) }

  /// Returns when the last key's first packet is out: that time, ns since 1970.
  @discardableResult
  package func press(_ digits: String) async -> Int64 { await bank.media.press(endpoint, digits) }

  /// Listens from now on for that long.
  package func hear(milliseconds: Int) async -> [Int16] {
    await bank.media.hear(endpoint, milliseconds: milliseconds)
  }

  package func heard(last milliseconds: Int) async -> [Int16] {
    await bank.media.heard(endpoint, last: milliseconds)
  }

  /// When sound above `level` dBFS first arrives, ns since 1970; nil if none comes in time.
  package func firstSound(above level: Double = -40, within milliseconds: Int = 5_000) async -> Int64? {
    await bank.media.firstSound(endpoint, above: level, within: milliseconds)
  }

  /// All that is heard from now on, until the call is given up.
  package func sound() async -> AsyncStream<[Int16]> { await bank.media.sound(endpoint) }

  package func observation() async -> StreamObservation {
    await bank.media.observation(endpoint) ?? StreamObservation()
  }

  package func resetObservation() async { await bank.media.resetObservation(endpoint) }

  package func packets() async -> (sent: [RecordedPacket], received: [RecordedPacket]) {
    await bank.media.packets(endpoint)
  }

  /// Packets sent since the call was made.
  package func packetsSent() async -> Int { await bank.media.packetsSent(endpoint) }

  package func stall(milliseconds: Int) async { await bank.media.stall(endpoint, milliseconds: milliseconds) }
}
