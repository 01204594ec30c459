import COpenSSL
import Foundation
import Supervision

/// Remembers the first answer to a POST with an `Idempotency-Key`, so that the request may be sent again.
///
/// Answers of 5xx are not remembered: nothing was done, so another try is a new one.
actor IdempotentAnswers {
  /// The key belongs to one principal and one path.
  struct Key: Hashable, Sendable {
    var tenant: TenantID
    var user: UserID
    var path: String
    var value: String

    /// - Returns: nil where the request has no key.
    init?(_ request: HTTPRequest, principal: Principal) throws(Problem) {
      guard let value = request.headers.idempotencyKey else { return nil }
      guard (1...255).contains(value.utf8.count), value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
        throw .badRequest(
          "Idempotency-Key must be 1 to 255 printable ASCII characters; a UUID is a good one.")
      }
      (tenant, user, path, self.value) = (principal.tenant, principal.user, request.path, value)
    }
  }

  /// SHA-256 of a body: enough to tell another one, and small however long the body is.
  private struct Digest: Hashable {
    private let bytes: [UInt8]

    init(_ body: Data) {
      var bytes = [UInt8](repeating: 0, count: 32)
      let code = body.withUnsafeBytes {
        EVP_Digest($0.baseAddress, $0.count, &bytes, nil, EVP_sha256(), nil)
      }
      precondition(code == 1, "OpenSSL has no SHA-256")
      self.bytes = bytes
    }
  }

  private struct Entry {
    var body: Digest
    var answer: HTTPResponse?
    /// Uptime in ms at the first request.
    var begun: Int64
    var waiters: [CheckedContinuation<HTTPResponse, Never>] = []
  }

  private static let lifetime: Int64 = 24 * 3_600_000
  /// Ms between two looks at all entries for what has grown too old.
  private static let sweep: Int64 = 60_000
  /// Entries kept for one user, and in all; the oldest that is answered makes room.
  private let capacity: (user: Int, total: Int)
  private let now: @Sendable () -> Moment
  private var entries: [Key: Entry] = [:]
  /// Uptime in ms of the last look at all entries.
  private var swept: Int64 = 0

  init(now: @escaping @Sendable () -> Moment, capacity: (user: Int, total: Int) = (256, 8192)) {
    self.now = now
    self.capacity = capacity
  }

  /// Performs the request, or gives the answer that the same one got before, or will have got.
  ///
  /// - Throws: 422 if the key came with another body before.
  func answer(
    _ key: Key?, body: Data, perform: @Sendable () async -> HTTPResponse
  ) async throws(Problem) -> HTTPResponse {
    guard let key else { return await perform() }
    expire(key)
    let body = Digest(body)
    if let entry = entries[key] {
      guard entry.body == body else { throw .reusedKey }
      let answer =
        if let answer = entry.answer { answer } else {
          await withCheckedContinuation { entries[key]?.waiters.append($0) }
        }
      return answer.adding("idempotency-replayed", "true")
    }
    makeRoom(for: key)
    entries[key] = Entry(body: body, begun: now().uptime)
    let answer = await perform()
    let waiters = entries[key]?.waiters ?? []
    if answer.status < 500 {
      entries[key]?.answer = answer
      entries[key]?.waiters = []
    } else {
      entries[key] = nil
    }
    for waiter in waiters { waiter.resume(returning: answer) }
    return answer
  }

  /// Requests that wait for the answer to an earlier one.
  var waiting: Int { entries.values.reduce(0) { $0 + $1.waiters.count } }

  private func expire(_ key: Key) {
    let moment = now().uptime
    let isOver = { (entry: Entry) in entry.answer != nil && entry.begun <= moment - Self.lifetime }
    if let entry = entries[key], isOver(entry) { entries[key] = nil }
    guard moment - swept >= Self.sweep else { return }
    swept = moment
    entries = entries.filter { !isOver($0.value) }
  }

  private func makeRoom(for key: Key) {
    let own = entries.filter { $0.key.tenant == key.tenant && $0.key.user == key.user }
    if own.count >= capacity.user {
      dropOldest(of: own)
    } else if entries.count >= capacity.total {
      dropOldest(of: entries)
    }
  }

  private func dropOldest(of candidates: [Key: Entry]) {
    let answered = candidates.filter { $0.value.answer != nil }
    if let oldest = answered.min(by: { $0.value.begun < $1.value.begun }) { entries[oldest.key] = nil }
  }
}

extension Problem {
  fileprivate static var reusedKey: Problem {
    Problem(
      422, "idempotency-key-reused", "This key was used for something else",
      "The same Idempotency-Key came with another body before. Take a new key for a new request.")
  }
}
