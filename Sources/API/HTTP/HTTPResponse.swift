import Foundation

/// One answer.
package struct HTTPResponse: Hashable, Sendable {
  package var status: Int
  /// Names in lower case. `content-length` is added by the server.
  package var headers: [Header]
  package var body: Data

  package struct Header: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package init(status: Int, headers: [Header] = [], body: Data = Data()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// RFC 9110 section 6.4.1: these never have a body, nor a length.
  package var isBodiless: Bool { status < 200 || status == 204 || status == 304 }

  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  package func adding(_ name: String, _ value: String) -> HTTPResponse {
    var copy = self
    copy.headers.append(Header(name, value))
    return copy
  }
}
