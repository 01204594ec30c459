import Signalling

/// A user of a phone.
package struct PhoneAccount: Hashable, Sendable {
  /// User part, and the name for the digest.
  package var user: String
  package var password: String
  package var name: String

  package init(user: String, password: String = "", name: String = "") {
    self.user = user
    self.password = password
    self.name = name.isEmpty ? user : name
  }
}

/// A softphone: one account of a `PhoneBank`.
package final class Phone: Sendable {
  package let bank: PhoneBank
  package let account: PhoneAccount
  /// Where requests go: `host:port`.
  package let server: String
  /// The calls that come in, as they begin to ring; the newest 16 are kept for a reader.
  package let incoming: AsyncStream<PhoneCall>
  let arrivals: AsyncStream<PhoneCall>.Continuation

  init(bank: PhoneBank, account: PhoneAccount, server: String) {
    self.bank = bank
    self.account = account
    self.server = server
    (incoming, arrivals) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
  }

  deinit { arrivals.finish() }

  /// The URI at which this phone itself is reached, without any server.
  package var uri: String {
    get async { await SIPURI(user: account.user, host: bank.address, port: bank.port).description }
  }

  /// Registers with the server and keeps the registration fresh.
  package func register(expires: Int = 3_600) async throws(PhoneRefusal) {
    try await bank.register(self, expires: expires)
  }

  package func unregister() async { await bank.unregister(self) }

  /// What happens to calls that come in from now on.
  package func setAnswering(
    _ answering: Answering, saying sound: PhoneSound = .silence, settings: PhoneCallSettings = .init()
  ) async {
    await bank.setAnswering(of: self, answering, saying: sound, settings: settings)
  }

  /// Calls a user, number or feature code of the server, or a whole `sip:` URI. Returns once the INVITE is out.
  /// - Parameter headers: further header lines, `Name: value`.
  package func call(
    _ target: String, headers: [String] = [], saying sound: PhoneSound = .silence,
    settings: PhoneCallSettings = .init()
  ) async throws -> PhoneCall {
    try await bank.call(target, from: self, headers: headers, saying: sound, settings: settings)
  }

  /// Calls and waits for the answer.
  package func connect(
    _ target: String, headers: [String] = [], saying sound: PhoneSound = .silence,
    settings: PhoneCallSettings = .init()
  ) async throws -> PhoneCall {
    let call = try await call(target, headers: headers, saying: sound, settings: settings)
    try await call.answered()
    return call
  }

  /// The next call that comes in and is still there; nil if the task is cancelled.
  package func nextCall() async -> PhoneCall? {
    for await call in incoming where call.state.phase != .ended { return call }
    return nil
  }
}
