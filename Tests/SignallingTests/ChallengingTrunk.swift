import Locking
import Supervision

@testable import Signalling

/// A trunk's far side that lets nobody in without credentials: it challenges INVITE and REGISTER, checks what comes, and
/// answers at once.
final class ChallengingTrunk: Sendable {
  static let account = SIPCredentials(user: "earshot", password: "secret: of \\ the \"trunk\"")

  let wire: Wire
  private let state: Lock<(authenticator: DigestAuthenticator, seen: [String])>

  /// - Parameter hashes: the functions that it offers, in this order.
  init(_ hashes: [DigestHash], address: String = "127.0.0.2", status: Int = 401) {
    wire = Wire(
      SIPStackSettings(address: address, allowed: [.invite, .ack, .bye, .cancel, .options, .register]))
    state = Lock((DigestAuthenticator(realm: "the \"far\" side", hashes: hashes, lifetime: 300), []))
    wire.onEvent { [weak self] stack, event in
      guard case .request(let request) = event, !request.isAnswered else { return }
      self?.answer(request, stack, status)
    }
  }

  /// What came with credentials, and how it was judged: `INVITE SHA-256 accepted`.
  var verdicts: [String] { state.withLock { $0.seen } }

  private func answer(_ request: SIPRequest, _ stack: isolated SIPStack, _ status: Int) {
    let method = request.method.rawValue
    let headers: [String]? = state.withLock { state in
      guard let digest = request.message.credentials.first else {
        return state.authenticator.challenge(at: 0)
      }
      let verdict = state.authenticator.verify(
        digest.parameters, method: method, password: Self.account.password, at: 0)
      state.seen.append("\(method) \(digest.parameters["algorithm"] ?? "none") \(verdict)")
      return verdict == .accepted ? nil : state.authenticator.challenge(at: 0, stale: verdict == .stale)
    }
    if let headers {
      let name = status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate"
      return stack.respond(
        request.dialog, status: status, phrase: "Who Are You",
        headers: headers.map { $0.replacing("WWW-Authenticate", with: name) })
    }
    let contacts = request.message.contacts.map {
      "Contact: <\($0.uri)>;expires=\(request.message.expires ?? 3600)"
    }
    stack.respond(
      request.dialog, status: 200, phrase: "OK",
      sdp: request.method == .invite ? SignallingTests.answer : nil,
      headers: request.method == .register ? contacts : [])
  }
}
