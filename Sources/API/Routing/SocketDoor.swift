import Supervision

/// What every WebSocket goes through: who asks, how many he has, and that it ends with his sign-in.
struct SocketDoor: Sendable {
  let authentication: Authentication
  let ledger: SocketLedger
  /// By which a session's end is waited for.
  let clock: any Clock<Duration>

  func credential(_ request: HTTPRequest) throws(Problem) -> Authentication.Credential {
    let credential = try authentication.credential(ofUpgrade: request)
    if let objection = ledger.objection(to: credential.principal) {
      authentication.counters.count(\.socketsRefused)
      throw objection
    }
    return credential
  }

  /// Runs `body` while the credential holds.
  func serve(
    _ socket: WebSocket, _ credential: Authentication.Credential, _ body: @Sendable () async -> Void
  ) async {
    guard ledger.open(credential.principal) else {
      authentication.counters.count(\.socketsRefused)
      return socket.close(code: 1008, reason: "Too many connections.")
    }
    defer { ledger.close(credential.principal) }
    guard case .session(let key) = credential.proof else { return await body() }
    let sessions = authentication.sessions
    guard let number = sessions.attach(key, close: { Self.signedOut(socket) }) else {
      return Self.signedOut(socket)
    }
    // 12 hours are over even for whoever never lets go.
    let end = Task { [clock] in
      try await clock.sleep(for: .milliseconds(sessions.remaining(key)))
      sessions.end(key)
    }
    await body()
    end.cancel()
    sessions.detach(number, of: key)
  }

  static func signedOut(_ socket: WebSocket) {
    socket.close(code: 4401, reason: "You are signed out, or your rights have changed. Sign in again.")
  }
}
