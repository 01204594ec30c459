import Foundation
import Supervision

/// What a browser gets beside the API: the pages and what they are made of.
struct ConsolePages: Sendable {
  private let assets: [String: HTTPResponse]
  private let pages: [String: HTTPResponse]
  private let isThere: Bool
  let authentication: Authentication

  /// Only what this server itself has served may run or be asked. The microphone is for our own pages.
  private static let policy: [HTTPResponse.Header] = [
    .init(
      "content-security-policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    .init("permissions-policy", "microphone=(self)"), .init("cross-origin-opener-policy", "same-origin"),
    .init("cache-control", "no-store"),
  ]
  private static let common: [HTTPResponse.Header] = [
    .init("x-content-type-options", "nosniff"), .init("referrer-policy", "same-origin"),
  ]

  /// Whoever has been here over TLS comes over TLS for a year.
  private static let transport = HTTPResponse.Header("strict-transport-security", "max-age=31536000")

  /// - Parameter folder: nil where there is none; then pages are told to be missing.
  init(folder: ConsoleFolder?, authentication: Authentication) {
    self.authentication = authentication
    isThere = folder != nil
    var assets: [String: HTTPResponse] = [:]
    for (name, asset) in folder?.assets ?? [:] {
      assets["/assets/\(folder?.hash ?? "")/\(name)"] = HTTPResponse(
        status: 200,
        headers: [
          .init("content-type", asset.type), .init("cache-control", "public, max-age=31536000, immutable"),
          // A picture or page that is opened by itself may do nothing either.
          .init(
            "content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
          ),
        ] + Self.common, body: asset.body)
    }
    if let icon = folder?.assets["images/favicon.ico"] {
      assets["/favicon.ico"] = HTTPResponse(
        status: 200,
        headers: [.init("content-type", icon.type), .init("cache-control", "public, max-age=86400")]
          + Self.common,
        body: icon.body)
    }
    self.assets = assets
    pages = Dictionary(
      uniqueKeysWithValues: (folder?.pages ?? [:]).map { name, text in
        ("/" + name, Self.page(text, status: 200))
      })
  }

  /// nil where the path belongs to the API.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    guard var answer = found(request) else { return nil }
    // What else runs on a developer's own machine must not be forced to TLS.
    let host = request.headers.host?.split(separator: ":").first?.lowercased()
    if request.isSecure, host != "localhost" { answer.headers.append(Self.transport) }
    return answer
  }

  private func found(_ request: HTTPRequest) -> HTTPResponse? {
    guard !Self.isOfAPI(request.path) else { return nil }
    let isPage = request.path == "/" || ConsoleFolder.pageNames.contains(String(request.path.dropFirst()))
    guard request.method == .get || request.method == .head else {
      guard isPage || assets[request.path] != nil else { return nil }
      return Problem.methodNotAllowed(request.method, allowed: [.get, .head]).at(request.path).response
    }
    if isPage, !isThere { return missing(request) }
    if request.path == "/" { return redirect(request) }
    if let found = pages[request.path] ?? assets[request.path] { return found }
    guard request.headers.accept?.contains("text/html") == true else { return nil }
    return Self.page(
      Data(Self.text("Nothing is here", "This address leads nowhere. <a href=\"/\">To the start</a>").utf8),
      status: 404)
  }

  private static func isOfAPI(_ path: String) -> Bool {
    path.hasPrefix("/v1/") || ["/v1", "/healthz", "/readyz", "/metrics"].contains(path)
  }

  /// Where his work is. A cookie that came from elsewhere isn't sent along, so the pages ask again for themselves.
  private func redirect(_ request: HTTPRequest) -> HTTPResponse {
    let principal = try? authentication.credential(of: request).principal
    let role = principal.flatMap { authentication.directory.user($0.user, tenant: $0.tenant)?.role }
    let place =
      switch role {
      case .supervisor: "/floor"
      case .agent, .customer: "/phone"
      default: "/sign-in"
      }
    return HTTPResponse(
      status: 303, headers: [.init("location", place), .init("cache-control", "no-store")] + Self.common)
  }

  private func missing(_ request: HTTPRequest) -> HTTPResponse {
    let detail =
      "This server was started without its pages. Start it where the folder 'Console' is, or name it in api.console."
    if request.headers.accept?.contains("text/html") == true {
      return Self.page(Data(Self.text("The pages are missing", detail).utf8), status: 404)
    }
    return Problem(404, "no-console", "The pages are missing", detail).at(request.path).response
  }

  private static func page(_ text: Data, status: Int) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [.init("content-type", "text/html; charset=utf-8")] + policy + common,
      body: text)
  }

  private static func text(_ title: String, _ detail: String) -> String {
    """
    <!doctype html>
    <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(title) – Earshot</title><h1>\(title)</h1><p>\(detail)</p></html>

    """
  }
}
