import Supervision

/// `GET /v1/phone`: an agent's softphone, over a WebSocket.
struct PhoneEndpoint: Sendable {
  static let path = "/v1/phone"
  /// Bytes of one message, and messages a second (twice as many at once).
  static let longest = 64 * 1024
  private static let rate = 20.0

  let door: SocketDoor
  let phones: BrowserPhones
  let agents: any AgentCalls
  let now: @Sendable () -> Moment

  private var counters: APICounters { door.authentication.counters }

  /// Without an upgrade there is nothing to see.
  var routes: [Router.Route] {
    [
      Router.Route(.get, Self.path) { exchange async throws(Problem) in
        _ = try door.authentication.credential(of: exchange.request)
        throw .upgradeRequired
      }
    ]
  }

  /// The task of one page.
  func session(for request: HTTPRequest) throws(Problem) -> @Sendable (WebSocket) async -> Void {
    let credential = try door.credential(request)
    let exchange = HTTPExchange(request: request, parameters: [:])
    _ = try exchange.query(known: [])
    let principal = credential.principal
    guard door.authentication.directory.user(principal.user, tenant: principal.tenant) != nil else {
      throw .unauthenticated("There is no such user any more.", isTokenWrong: false)
    }
    return { socket in
      await door.serve(socket, credential) {
        await run(socket, credential, PhoneLine(address: request.address), client: exchange.origin.client)
      }
    }
  }

  private func run(
    _ socket: WebSocket, _ credential: Authentication.Credential, _ line: PhoneLine, client: String
  ) async {
    let principal = credential.principal
    phones.open(principal, line)
    let writing = Task { [now, counters] in await line.run(over: socket, now: now, counters: counters) }
    let viewing = Task { [agents, door] in
      for await view in await agents.watch(principal) {
        guard door.authentication.stillHolds(credential) else { return SocketDoor.signedOut(socket) }
        line.show(view)
      }
    }
    await listen(socket, credential, line, client: client)
    phones.close(principal, line)
    viewing.cancel()
    writing.cancel()
  }

  private func listen(
    _ socket: WebSocket, _ credential: Authentication.Credential, _ line: PhoneLine, client: String
  ) async {
    // A bucket that holds two seconds' worth.
    var tokens = Self.rate * 2
    var filled = now().uptime
    for await text in socket.messages {
      let moment = now().uptime
      tokens = min(Self.rate * 2, tokens + Double(moment - filled) / 1000 * Self.rate) - 1
      filled = moment
      counters.count(\.phoneMessages)
      guard tokens >= 0 else {
        counters.count(\.phonesFlooding)
        line.close(code: 1008, reason: "More than \(Int(Self.rate)) messages a second.")
        continue
      }
      guard door.authentication.stillHolds(credential) else { return SocketDoor.signedOut(socket) }
      let (type, outcome) = PhoneRequest.read(text)
      switch outcome {
      case .failure(let problem): refuse(type, problem, nil, line)
      case .success(let request): take(request, type, credential.principal, line, client)
      }
    }
  }

  private func take(
    _ request: PhoneRequest, _ type: String, _ principal: Principal, _ line: PhoneLine, _ client: String
  ) {
    switch request {
    case .hand(let call, let raised, let word):
      ask(type, line) { () async throws(Refusal) in
        if raised {
          try await agents.raiseHand(call, word: word, by: principal)
        } else {
          try await agents.lowerHand(call, by: principal)
        }
      }
    case .consent(let session, let accepts):
      ask(type, line) { () async throws(Refusal) in
        try await agents.answerWhisper(session, accepts: accepts, by: principal)
      }
    default:
      if let problem = phones.take(request, of: principal, from: line, client: client) {
        refuse(type, problem, request.leg, line)
      }
    }
  }

  /// Beside the others: a hang-up must not wait for a disk.
  private func ask(
    _ type: String, _ line: PhoneLine, _ question: @escaping @Sendable () async throws(Refusal) -> Void
  ) {
    Task {
      do throws(Refusal) {
        try await question()
      } catch {
        refuse(type, Problem(error), nil, line)
      }
    }
  }

  private func refuse(_ type: String, _ problem: Problem, _ leg: String?, _ line: PhoneLine) {
    counters.count(\.phoneMessagesRefused)
    var message = PhoneMessage(.refused)
    message.refuse(type, problem)
    message.leg = leg
    line.send(message)
  }
}

extension PhoneRequest {
  /// The leg that it is about, by the name that the page has for it.
  fileprivate var leg: String? {
    switch self {
    case .answer(let leg, _), .reject(let leg), .hangup(let leg), .offer(let leg, _): String(leg.value)
    case .dial(let local, _, _): local
    case .hand, .consent, .away, .ready: nil
    }
  }
}
