import Supervision

/// `POST /v1/calls/{id}/supervisions`, and `GET`, `PATCH`, `DELETE /v1/supervisions/{id}`.
struct SupervisionEndpoints: Sendable {
  let authentication: BearerAuthentication
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

  private func change(_ exchange: HTTPExchange) async throws(Problem) -> HTTPResponse {
    let principal = try authentication.credential(of: exchange.request).principal
    var members = try exchange.members()
    let mode = try members.mode()
    let reason = try members.string("reason")
    try members.finish()
    do {
      let session = try await desk.changeMode(
        exchange.session, to: mode, reason: reason, by: principal, origin: exchange.origin)
      return .json(SupervisionDocument(session))
    } catch {
      throw Problem(error)
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

  /// `{"sip": "sip:…"}`; `{"webrtc": …}` is understood but can't be served.
  fileprivate mutating func device() throws(Problem) -> SupervisorDevice {
    guard var device = try object("device") else {
      throw .malformed("'device' is missing. Send {\"sip\": \"sip:anna@example.com\"}.")
    }
    let uri = try device.string("sip")
    let isBrowser = try device.object("webrtc") != nil
    try device.finish()
    guard !isBrowser else {
      throw Problem(
        422, "browser-audio-unavailable", "No browser audio",
        "Audio in the browser isn't available yet. Name a phone: {\"sip\": \"sip:anna@example.com\"}.")
    }
    guard let uri, !uri.isEmpty else {
      throw .malformed("'device.sip' is missing. Send {\"sip\": \"sip:anna@example.com\"}.")
    }
    // A SIP URI, or the name of a registered user; which of them may be dialled is the policy's to say.
    guard uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Problem(Refusal.deviceUnusable("'\(uri)' is no SIP URI. Write sip:user@host."))
    }
    return .sip(uri: uri)
  }
}
