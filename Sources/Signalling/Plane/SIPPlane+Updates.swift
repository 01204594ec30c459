import Supervision

/// What peers say beside the INVITEs of a dialog: UPDATE (RFC 3311), PRACK (RFC 3262), INFO (RFC 6086).
extension SIPPlane {
  /// With an offer or without, before the answer or after it.
  func updated(_ request: SIPRequest, _ leg: SIPLeg) {
    guard !request.isAnswered else { return }
    let message = request.message
    guard leg.mayNegotiate else { return refuse(request, 481, "Call Is Over") }
    if message.body != nil, message.sdp == nil {
      return refuse(request, 415, "Unsupported Media Type", ["Accept: application/sdp"])
    }
    if let conflict = message.sdp == nil ? nil : leg.offerConflict { return refuse(request, conflict) }
    guard takeTimer(request, leg.id) else { return }
    guard message.sdp == nil else { return hold(request, leg.id) }
    let headers = leg.state.isUp ? confirmTimer(leg.id) : []
    wire { $0.respond(request.dialog, status: 200, phrase: "OK", headers: headers) }
  }

  /// The library has found the answer that it confirms.
  func confirmed(_ request: SIPRequest, _ leg: SIPLeg) {
    guard !request.isAnswered else { return }
    guard request.message.sdp != nil else {
      return wire { $0.respond(request.dialog, status: 200, phrase: "OK") }
    }
    if let conflict = leg.offerConflict { return refuse(request, conflict) }
    learn(request.message, leg.id)
    hold(request, leg.id)
  }

  /// The answer comes by `answerOffer` or `rejectOffer`.
  private func hold(_ request: SIPRequest, _ id: LegID) {
    guard wire({ $0.hold(request.dialog) }) else { return refuse(request, .theirs) }
    legs[id]?.isHeld = true
    report(.offered(id, sdp: request.message.sdp))
  }

  private func refuse(_ request: SIPRequest, _ status: Int, _ phrase: String, _ headers: [String] = []) {
    wire { $0.respond(request.dialog, status: status, phrase: phrase, headers: headers) }
  }

  func refuse(_ request: SIPRequest, _ conflict: SIPLeg.OfferConflict) {
    switch conflict {
    case .ours: refuse(request, 491, "Request Pending")
    case .theirs:
      refuse(request, 500, "Another Offer Is Pending", ["Retry-After: \(Int.random(in: 0...10))"])
    }
  }

  // MARK: INFO

  /// Keys of phones that send them so. Anything else isn't understood, and said so.
  func informed(_ request: SIPRequest, _ leg: SIPLeg) {
    guard let type = request.message.contentType, let body = request.message.body else {
      return wire { $0.respond(request.dialog, status: 200, phrase: "OK") }
    }
    switch InfoKey(contentType: type, body: body) {
    case .key(let key):
      wire { $0.respond(request.dialog, status: 200, phrase: "OK") }
      report(.digit(leg.id, key))
    case .unreadable: refuse(request, 400, "No Such Key")
    case .other:
      refuse(request, 415, "Unsupported Media Type", ["Accept: \(InfoKey.types.joined(separator: ", "))"])
    }
  }
}

extension SIPLeg {
  /// Whose offer forbids another one just now (RFC 3311 section 5.2).
  enum OfferConflict: Hashable {
    /// We wait for an answer: 491.
    case ours
    /// He waits for ours: 500, to be tried again.
    case theirs
  }

  var offerConflict: OfferConflict? {
    if isHeld { return .theirs }
    switch state {
    case .up: return session.isRefreshing && !session.allowsUpdate ? .ours : nil
    case .invited: return session.described == nil ? .theirs : nil
    case .dialling: return session.heard == nil ? .ours : nil
    case .accepted, .reoffered: return offersLate ? .ours : .theirs
    case .cancelling, .leaving, .ending, .over: return nil
    }
  }

  /// Whether the session can still be talked about.
  var mayNegotiate: Bool {
    switch state {
    case .invited, .accepted, .dialling, .up, .reoffered: true
    case .cancelling, .leaving, .ending, .over: false
    }
  }
}
