import RTP
import Signalling

/// What a call goes through: offers and answers, hold, the end.
extension PhoneBank {
  // MARK: What the phone does

  func ring(_ dialog: SIPDialog, early: Bool) {
    guard let entry = calls[dialog], entry.call.isIncoming, entry.call.state.phase < .answered else { return }
    guard early else {
      onStack { $0.respond(dialog, status: 180, phrase: "Ringing") }
      return entry.call.update { $0.phase = max($0.phase, .ringing) }
    }
    guard let sdp = answerOffer(dialog, phase: .early) else { return }
    onStack { $0.respond(dialog, status: 183, phrase: "Session Progress", sdp: sdp) }
  }

  func answer(_ dialog: SIPDialog) {
    guard let entry = calls[dialog], entry.call.isIncoming, entry.call.state.phase < .answered else { return }
    if entry.offer == nil {
      calls[dialog]?.hasOffered = true
      let sdp = OfferAnswer.offer(entry.local).text
      return onStack { $0.respond(dialog, status: 200, phrase: "OK", sdp: sdp) }
    }
    guard let sdp = answerOffer(dialog, phase: .answered) else { return }
    onStack { $0.respond(dialog, status: 200, phrase: "OK", sdp: sdp) }
  }

  /// Takes the peer's offer; nil if it can't be, and then it has been refused.
  private func answerOffer(_ dialog: SIPDialog, phase: PhoneCallState.Phase) -> String? {
    guard let entry = calls[dialog], let offer = entry.offer else { return nil }
    guard let description = try? SessionDescription(parsing: offer),
      let (answer, agreed) = try? OfferAnswer.answer(to: description, local: entry.local)
    else {
      onStack { $0.respond(dialog, status: 488, phrase: "Not Acceptable Here") }
      return nil
    }
    agree(entry.call, agreed, phase: phase)
    return answer.text
  }

  func refuse(_ dialog: SIPDialog, status: Int) {
    onStack { $0.respond(dialog, status: status, phrase: "Refused") }
    finish(dialog, CallEnd(status: status, phrase: "Refused", reason: nil, isByPeer: false))
  }

  func end(_ dialog: SIPDialog) {
    guard let entry = calls[dialog] else { return }
    if entry.call.state.answered > 0 {
      onStack { $0.bye(dialog) }
    } else if entry.call.isIncoming {
      return refuse(dialog, status: 603)
    } else {
      onStack { $0.cancel(dialog) }
    }
    calls[dialog]?.isEnding = true
  }

  func renegotiate(_ dialog: SIPDialog, _ change: @Sendable (inout LocalAudio) -> Void) {
    guard var entry = calls[dialog] else { return }
    change(&entry.local)
    entry.local.version += 1
    entry.hasOffered = true
    calls[dialog] = entry
    let sdp = OfferAnswer.offer(entry.local).text
    onStack { $0.reinvite(dialog, sdp: sdp) }
  }

  func refer(_ dialog: SIPDialog, to target: String) { onStack { $0.refer(dialog, to: target) } }

  // MARK: What the peer does

  func receive(_ event: SIPEvent) {
    switch event {
    case .request(let request): receive(request)
    case .response(let response):
      switch response.method {
      case .invite: receiveAnswer(response)
      case .register: registered(response)
      case .refer where response.status >= 200:
        calls[response.dialog]?.call.update { $0.referStatus = response.status }
      default: break
      }
    case .terminated(let dialog):
      finish(dialog, CallEnd(status: 200, phrase: "OK", reason: nil, isByPeer: false))
    case .failure: break
    }
  }

  private func receive(_ request: SIPRequest) {
    let dialog = request.dialog
    switch request.method {
    case .invite: request.isInDialog ? receiveOffer(request) : arrive(request)
    case .ack:
      name(dialog, own: request.message.to, peer: request.message.from, request.message)
      guard let entry = calls[dialog], entry.hasOffered, let sdp = request.message.sdp else { return }
      conclude(dialog, sdp: sdp, phase: .answered)
    case .bye:
      finish(
        dialog, CallEnd(status: 200, phrase: "OK", reason: request.message.reason, isByPeer: true))
    case .cancel:
      forget(dialog)
      finish(
        dialog,
        CallEnd(status: 487, phrase: "Request Terminated", reason: request.message.reason, isByPeer: true))
    case .notify:
      onStack { $0.respond(dialog, status: 200, phrase: "OK") }
      let status = request.message.body?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      calls[dialog]?.call.update { $0.transferStatus = status }
    case .options, .info, .message:
      onStack { $0.respond(dialog, status: 200, phrase: "OK") }
    default: break
    }
  }

  private func name(
    _ dialog: SIPDialog, own: SIPMessage.Party, peer: SIPMessage.Party, _ message: SIPMessage
  ) {
    let name = PhoneCallState.DialogName(
      callID: message.callID, ownTag: own.tag ?? "", peerTag: peer.tag ?? "")
    calls[dialog]?.call.update { $0.dialog = name }
  }

  /// A re-INVITE.
  private func receiveOffer(_ request: SIPRequest) {
    let dialog = request.dialog
    guard calls[dialog] != nil else { return }
    calls[dialog]?.local.version += 1
    guard let sdp = request.message.sdp else {
      calls[dialog]?.hasOffered = true
      let offer = calls[dialog].map { OfferAnswer.offer($0.local).text }
      return onStack { $0.respond(dialog, status: 200, phrase: "OK", sdp: offer) }
    }
    calls[dialog]?.offer = sdp
    guard let answer = answerOffer(dialog, phase: .answered) else { return }
    onStack { $0.respond(dialog, status: 200, phrase: "OK", sdp: answer) }
  }

  private func receiveAnswer(_ response: SIPResponse) {
    let dialog = response.dialog
    guard let entry = calls[dialog] else { return }
    let state = entry.call.state
    let sdp = response.message?.sdp
    switch response.status {
    case ..<180: break
    case ..<200:
      guard state.phase < .answered else { return }
      if let sdp, entry.hasOffered {
        conclude(dialog, sdp: sdp, phase: .early)
      } else {
        entry.call.update { $0.phase = max($0.phase, .ringing) }
      }
    case ..<300:
      if let message = response.message { name(dialog, own: message.from, peer: message.to, message) }
      // The answer has crossed our CANCEL.
      if entry.isEnding, state.answered == 0 { onStack { $0.bye(dialog) } }
      if let sdp { conclude(dialog, sdp: sdp, phase: .answered) }
    default:
      guard state.answered == 0 else {
        return entry.call.update {
          $0.isRenegotiating = false
          $0.renegotiationRefused = response.status
        }
      }
      finish(
        dialog,
        CallEnd(
          status: response.status, phrase: response.phrase, reason: response.message?.reason,
          isByPeer: !entry.isEnding))
    }
  }

  /// The peer's answer to our offer.
  private func conclude(_ dialog: SIPDialog, sdp: String, phase: PhoneCallState.Phase) {
    guard let entry = calls[dialog] else { return }
    guard let description = try? SessionDescription(parsing: sdp),
      let agreed = try? OfferAnswer.conclude(answer: description, local: entry.local)
    else {
      if phase == .answered {
        onStack { $0.bye(dialog, headers: ["Reason: SIP;cause=488;text=\"bad answer\""]) }
      }
      return
    }
    agree(entry.call, agreed, phase: phase)
  }

  /// Sound flows as agreed; then whoever waits for it is told.
  private func agree(_ call: PhoneCall, _ agreed: AudioNegotiation, phase: PhoneCallState.Phase) {
    let time = Clock.wall
    Task {
      await media.connect(call.endpoint, to: agreed)
      call.update {
        $0.phase = max($0.phase, phase)
        if phase == .answered, $0.answered == 0 { $0.answered = time }
        $0.audio = agreed
        $0.agreements += 1
        $0.isRenegotiating = false
      }
    }
  }

  func finish(_ dialog: SIPDialog, _ end: CallEnd) {
    forget(dialog)
    if let call = calls.removeValue(forKey: dialog)?.call {
      call.update {
        $0.phase = .ended
        $0.end = end
        $0.isRenegotiating = false
      }
      Task { await media.silence(call.endpoint) }
    }
    onStack { $0.release(dialog) }
  }
}
