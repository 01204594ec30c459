import Foundation
import FoundationNetworking
import Supervision

/// The other side of `APIService`, for the command line and for tests.
package struct APIClient: Sendable {
  /// For example `http://127.0.0.1:8080`.
  package let server: URL
  private let token: String

  /// One for all: FoundationNetworking tears a session's sockets down beside libdispatch's back
  /// (swift-corelibs-foundation issue 4791), so a session for every client or request ends in a crash now and then.
  private static let session: URLSession = {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 60
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    configuration.httpAdditionalHeaders = ["User-Agent": "earshot"]
    return URLSession(configuration: configuration)
  }()

  package init(server: URL, token: String) {
    self.server = server
    self.token = token
  }

  package func calls() async throws(APIClientError) -> [CallDocument] {
    try await document(CallListDocument.self, .get, "/v1/calls").calls
  }

  package func call(_ id: String) async throws(APIClientError) -> CallDocument {
    try await document(CallDocument.self, .get, "/v1/calls/" + escaped(id))
  }

  /// What the body of `POST /v1/calls/{id}/supervisions` says.
  package struct SupervisionRequest: Hashable, Sendable, Codable {
    package struct Device: Hashable, Sendable, Codable {
      package struct Browser: Hashable, Sendable, Codable {
        package var offer: String
      }

      package var sip: String?
      package var webrtc: Browser?
    }

    package var mode: String
    package var device: Device
    /// Extension of the agent to coach; nil: the handler's.
    package var target: String?
    package var purpose: String?
    package var reason: String?

    package init(
      mode: SupervisionMode, sip: String, target: String? = nil, purpose: String? = nil, reason: String? = nil
    ) {
      self.mode = mode.rawValue
      device = Device(sip: sip)
      self.target = target
      self.purpose = purpose
      self.reason = reason
    }

    /// By a browser, or what does as one.
    package init(mode: SupervisionMode, offer: String) {
      self.mode = mode.rawValue
      device = Device(webrtc: .init(offer: offer))
    }
  }

  /// - Parameter key: makes it safe to send the same request again.
  package func supervise(
    _ call: String, _ request: SupervisionRequest, key: String? = nil
  ) async throws(APIClientError) -> SupervisionDocument {
    try await document(
      SupervisionDocument.self, .post, "/v1/calls/\(escaped(call))/supervisions",
      body: JSONDocument.encode(request), key: key)
  }

  /// Has a third called into a call.
  package func invite(_ number: String, to call: String) async throws(APIClientError) {
    _ = try await answer(
      .post, "/v1/calls/\(escaped(call))/participants", body: JSONDocument.encode(["number": number]))
  }

  package func supervision(_ id: String) async throws(APIClientError) -> SupervisionDocument {
    try await document(SupervisionDocument.self, .get, "/v1/supervisions/" + escaped(id))
  }

  package func changeMode(
    of id: String, to mode: SupervisionMode, reason: String? = nil
  ) async throws(APIClientError) -> SupervisionDocument {
    struct Change: Encodable {
      var mode: String
      var reason: String?
    }
    let body = JSONDocument.encode(Change(mode: mode.rawValue, reason: reason))
    return try await document(SupervisionDocument.self, .patch, "/v1/supervisions/" + escaped(id), body: body)
  }

  /// Opens or closes the voice of a session by browser.
  package func talk(_ id: String, _ talks: Bool) async throws(APIClientError) -> SupervisionDocument {
    try await document(
      SupervisionDocument.self, .patch, "/v1/supervisions/" + escaped(id),
      body: JSONDocument.encode(["talks": talks]))
  }

  package func end(_ id: String) async throws(APIClientError) {
    _ = try await answer(.delete, "/v1/supervisions/" + escaped(id))
  }

  /// - Parameter filter: names and values as in Docs/API.md, for example `call` or `limit`.
  package func audit(_ filter: [String: String] = [:]) async throws(APIClientError) -> AuditListDocument {
    let query = filter.sorted { $0.key < $1.key }.map { "\($0.key)=\(escaped($0.value))" }
    let path = "/v1/audit" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return try await document(AuditListDocument.self, .get, path)
  }

  package func metrics() async throws(APIClientError) -> String {
    String(decoding: try await answer(.get, "/metrics"), as: UTF8.self)
  }

  /// The floor as it changes. Ends with an error if the stream breaks; `since` is the cursor of the last message seen.
  package func events(since: String? = nil) -> AsyncThrowingStream<EventDocument, any Error> {
    EventStream.open(server: server, token: token, since: since)
  }

  // MARK: HTTP

  private func document<Document: Decodable>(
    _ type: Document.Type, _ method: HTTPMethod, _ path: String, body: Data? = nil, key: String? = nil
  ) async throws(APIClientError) -> Document {
    let data = try await answer(method, path, body: body, key: key)
    do {
      return try JSONDocument.decode(type, from: data)
    } catch {
      throw .unexpected(server: server.absoluteString, what: "\(path) isn't the document that it should be")
    }
  }

  private func answer(
    _ method: HTTPMethod, _ path: String, body: Data? = nil, key: String? = nil
  ) async throws(APIClientError) -> Data {
    guard let url = URL(string: path, relativeTo: server) else {
      throw .unexpected(server: server.absoluteString, what: "'\(path)' makes no URL")
    }
    var request = URLRequest(url: url)
    request.httpMethod = method.rawValue
    request.httpBody = body
    request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
    if let key { request.setValue(key, forHTTPHeaderField: "Idempotency-Key") }
    let (data, response): (Data, URLResponse)
    do {
      (data, response) = try await Self.session.data(for: request)
    } catch {
      throw .unreachable(server: server.absoluteString, why: error.localizedDescription)
    }
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    if (200..<300).contains(status) { return data }
    guard let problem = try? JSONDocument.decode(ProblemDocument.self, from: data) else {
      throw .unexpected(server: server.absoluteString, what: "status \(status) for \(path)")
    }
    throw .problem(problem)
  }

  private func escaped(_ text: String) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
  }
}
