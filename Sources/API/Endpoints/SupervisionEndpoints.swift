import Supervision

/// `POST /v1/calls/{id}/supervisions`; `GET`, `PATCH`, `DELETE /v1/supervisions/{id}` and `POST …/{id}/cues`.
struct SupervisionEndpoints: Sendable {
  let authentication: Authentication
  let desk: any CallDesk
  let answers: IdempotentAnswers

  var routes: [Router.Route] {
    [
      Router.Route(.post, "/v1/calls/{id}/supervisions") { exchange async throws(Problem) in
        try await start(exchange)
      },
      Router.Route(.get, "/v1/supervisions/{id}") { exchange async throws(Problem) in try await show(exchange)
      },
      Router.Route(.patch, "/v1/supervisions/{id}") { exchange async throws(Problem) in
        try await change(exchange)
      },
      Router.Route(.delete, "/v1/supervisions/{id}") { exchange async throws(Problem) in
        try await end(exchange)
      },
      Router.Route(.post, "/v1/supervisions/{id}/cues") { exchange async throws(Problem) in
        try await cue(exchange)
      },
    ]
  }

  private func start(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    let key = try IdempotentAnswers.Key(exchange.request, principal: principal)
    var members = try exchange.members()
    let mode = try members.mode()
    let device = try members.device()
    let request = SuperviseRequest(
      principal: principal, mode: mode, device: device, target: try members.string("target"),
      purpose: try members.string("purpose"), reason: try members.string("reason"), origin: exchange.origin)
    try members.finish()
    let call = CallID(exchange.parameter("id"))
    return try await answers.answer(key, body: exchange.request.body) {
      await supervise(call, request, path: exchange.request.path)
    }
  }

  private func supervise(_ call: CallID, _ request: SuperviseRequest, path: String) async -> HTTPResponse {
    do {
      let document = SupervisionDocument(try await desk.supervise(call, request))
      return .json(document, status: 201).adding("location", "/v1/supervisions/\(document.id)")
    } catch {
      return Problem(error).at(path).response
    }
  }

  private func show(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    do {
      return .json(SupervisionDocument(try await desk.session(exchange.session, for: principal)))
    } catch {
      throw Problem(error)
    }
  }

  /// One thing at a time: a change of mode, push-to-talk, or how loud he hears whom.
  private func change(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    var members = try exchange.members()
    let talks = try members.bool("talks")
    let gains = try members.gains()
    let mode = talks == nil && gains == nil ? try members.mode() : nil
    let reason = mode == nil ? nil : try members.string("reason")
    guard talks == nil || gains == nil else { throw .malformed("Send 'talks' or 'gains', not both at once.") }
    try members.finish()
    let id = exchange.session
    do throws(Refusal) {
      let session =
        if let talks { try await desk.talk(id, talks, by: principal) } else if let gains {
          try await desk.hear(id, gains: gains, by: principal)
        } else {
          try await desk.changeMode(
            id, to: mode ?? .listen, reason: reason, by: principal, origin: exchange.origin)
        }
      return .json(SupervisionDocument(session))
    } catch {
      throw Problem(error)
    }
  }

  private func cue(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    let key = try IdempotentAnswers.Key(exchange.request, principal: principal)
    var members = try exchange.members()
    let text = try members.text(most: 500)
    try members.finish()
    return try await answers.answer(key, body: exchange.request.body) {
      do throws(Refusal) {
        let session = try await desk.cue(exchange.session, text, by: principal, origin: exchange.origin)
        return .json(SupervisionDocument(session), status: 201)
      } catch {
        return Problem(error).at(exchange.request.path).response
      }
    }
  }

  private func end(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    do {
      try await desk.end(exchange.session, by: principal, origin: exchange.origin)
      return HTTPResponse(status: 204)
    } catch {
      throw Problem(error)
    }
  }
}

extension HTTPExchange {
  fileprivate var session: SessionID { SessionID(parameter("id")) }
}

extension JSONMembers {
  fileprivate mutating func mode() throws(Problem) -> SupervisionMode {
    let text = try required("mode")
    guard let mode = SupervisionMode(rawValue: text) else {
      let valid = SupervisionMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw .malformed("'mode' is '\(text)', but must be one of \(valid).")
    }
    return mode
  }

  /// `{"p1": -6}`: dB by participant.
  fileprivate mutating func gains() throws(Problem) -> [ParticipantID: Float]? {
    guard let numbers = try numbers("gains") else { return nil }
    var gains: [ParticipantID: Float] = [:]
    for (name, decibels) in numbers.sorted(by: { $0.key < $1.key }) {
      guard name.first == "p", let number = UInt32(name.dropFirst()), number > 0 else {
        throw .malformed("'gains.\(name)' names no participant. Send {\"p1\": -6}.")
      }
      guard (-40...12).contains(decibels) else {
        throw .malformed("'gains.\(name)' is \(decibels), but must be -40 to 12 dB.")
      }
      gains[ParticipantID(number)] = Float(decibels)
    }
    guard !gains.isEmpty else { throw .malformed("'gains' names nobody. Send {\"p1\": -6}.") }
    return gains
  }

  /// `{"sip": "sip:…"}`, or a browser's `{"webrtc": {"offer": "v=0…"}}`.
  fileprivate mutating func device() throws(Problem) -> SupervisorDevice {
    let remedy = "Send {\"sip\": \"sip:anna@example.com\"} or {\"webrtc\": {\"offer\": \"v=0…\"}}."
    guard var device = try object("device") else { throw .malformed("'device' is missing. \(remedy)") }
    let uri = try device.string("sip")
    var browser = try device.object("webrtc")
    let offer = try browser?.string("offer", longest: Self.longestOffer)
    try browser?.finish()
    try device.finish()
    if browser != nil {
      guard uri == nil else { throw .malformed("'device' names two devices. \(remedy)") }
      guard let offer, !offer.isEmpty else { throw .malformed("'device.webrtc.offer' is missing. \(remedy)") }
      return .webRTC(offer: offer)
    }
    guard let uri, !uri.isEmpty else { throw .malformed("'device.sip' is missing. \(remedy)") }
    // A SIP URI, or the name of a registered user; which of them may be dialled is the policy's to say.
    guard uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Problem(Refusal.deviceUnusable("'\(uri)' is no SIP URI. Write sip:user@host."))
    }
    return .sip(uri: uri)
  }

  /// Bytes of a session description.
  private static var longestOffer: Int { 32 * 1024 }
}
