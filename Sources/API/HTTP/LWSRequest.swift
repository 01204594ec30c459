import CLinux
import CWebSockets
import Foundation
import Glibc

/// Reads a request out of libwebsockets, and refuses what it would misread.
struct LWSRequest {
  let wsi: OpaquePointer

  enum Intake {
    /// No body follows.
    case whole(HTTPRequest)
    case body(HTTPRequest)
    /// Must be the last answer on this connection; `bodyFollows` says whether libwebsockets waits for a body.
    case refused(HTTPResponse, bodyFollows: Bool)
  }

  /// The framing rules of RFC 9112 section 6.3, as far as libwebsockets follows them: it knows no chunked requests
  /// and takes a POST without length for one of 100 MB.
  func intake(limits: HTTPLimits) -> Intake {
    guard let request = head() else {
      return .refused(Problem.badRequest("The method can't be used here.").response, bodyFollows: false)
    }
    let sendsBody = [.post, .patch, .put].contains(request.method)
    let lengthText = text(WSI_TOKEN_HTTP_CONTENT_LENGTH)
    let length = lengthText.flatMap { $0.utf8.allSatisfy { (48...57).contains($0) } ? Int($0) : nil }
    if text(WSI_TOKEN_HTTP_TRANSFER_ENCODING) != nil {
      return .refused(
        Problem.lengthRequired.response, bodyFollows: lengthText == nil ? sendsBody : length ?? 0 > 0)
    }
    guard let lengthText else {
      return sendsBody ? .refused(Problem.lengthRequired.response, bodyFollows: true) : .whole(request)
    }
    guard let length else {
      return .refused(
        Problem.badRequest("Content-Length '\(lengthText)' is not a number of bytes.").response,
        bodyFollows: false)
    }
    if length == 0 { return .whole(request) }
    if length > limits.body {
      return .refused(Problem.bodyTooLarge(length, limit: limits.body).response, bodyFollows: true)
    }
    return .body(request)
  }

  /// RFC 9110 section 10.1.1.
  var expectsContinue: Bool { text(WSI_TOKEN_HTTP_EXPECT)?.lowercased() == "100-continue" }

  /// RFC 6455 section 4.2.1. Returns what is wrong with an upgrade, which libwebsockets would drop without a word.
  var upgradeFault: HTTPResponse? {
    guard text(WSI_TOKEN_UPGRADE)?.lowercased() == "websocket" else {
      return Problem.badRequest("Only an upgrade to 'websocket' is known. Send no Upgrade header otherwise.")
        .response
    }
    guard text(WSI_TOKEN_CONNECTION)?.lowercased().contains("upgrade") == true, text(WSI_TOKEN_KEY) != nil
    else {
      return Problem.badRequest("Connection: Upgrade or Sec-WebSocket-Key is missing.").response
    }
    guard text(WSI_TOKEN_VERSION) == "13" else {
      return Problem.upgradeRequired.response.adding("sec-websocket-version", "13")
    }
    guard (text(WSI_TOKEN_PROTOCOL) ?? "").utf8.count < 120 else {
      return Problem.badRequest(
        "Sec-WebSocket-Protocol is longer than 120 bytes. Send the token in the Authorization header."
      ).response
    }
    return nil
  }

  /// Method, path, query and headers. nil for a method that is none of ours.
  func head() -> HTTPRequest? {
    var start: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    let index = lws_http_get_uri_and_method(wsi, &start, &length)
    guard let start, let method = Self.method(index) else { return nil }
    let path = UnsafeRawBufferPointer(start: start, count: Int(length))
    var headers = HTTPRequest.Headers()
    headers.authorization = text(WSI_TOKEN_HTTP_AUTHORIZATION)
    headers.contentType = text(WSI_TOKEN_HTTP_CONTENT_TYPE)
    headers.idempotencyKey = custom("idempotency-key:")
    headers.userAgent = text(WSI_TOKEN_HTTP_USER_AGENT)
    headers.webSocketProtocols = text(WSI_TOKEN_PROTOCOL)
    headers.host = text(WSI_TOKEN_HOST)
    headers.origin = text(WSI_TOKEN_ORIGIN)
    headers.cookie = text(WSI_TOKEN_HTTP_COOKIE)
    headers.accept = text(WSI_TOKEN_HTTP_ACCEPT)
    headers.forwardedFor = text(WSI_TOKEN_X_FORWARDED_FOR)
    headers.forwardedProto = custom("x-forwarded-proto:")
    headers.forwardedHost = custom("x-forwarded-host:")
    return HTTPRequest(
      method: method, path: String(decoding: path, as: UTF8.self), query: query(), headers: headers,
      peer: peer(), isSecure: lws_is_ssl(wsi) != 0)
  }

  private static func method(_ index: Int32) -> HTTPMethod? {
    switch UInt32(bitPattern: index) {
    case UInt32(LWSHUMETH_GET): .get
    case UInt32(LWSHUMETH_HEAD): .head
    case UInt32(LWSHUMETH_POST): .post
    case UInt32(LWSHUMETH_PUT): .put
    case UInt32(LWSHUMETH_PATCH): .patch
    case UInt32(LWSHUMETH_DELETE): .delete
    case UInt32(LWSHUMETH_OPTIONS): .options
    default: nil
    }
  }

  private func query() -> [HTTPRequest.Parameter] {
    var parameters: [HTTPRequest.Parameter] = []
    var buffer = [CChar](repeating: 0, count: 4096)
    while lws_hdr_copy_fragment(
      wsi, &buffer, Int32(buffer.count), WSI_TOKEN_HTTP_URI_ARGS, Int32(parameters.count)) >= 0
    {
      let text = Self.string(buffer)
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      parameters.append(.init(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : ""))
    }
    return parameters.filter { !$0.name.isEmpty || !$0.value.isEmpty }
  }

  func text(_ token: lws_token_indexes) -> String? {
    let length = lws_hdr_total_length(wsi, token)
    guard length > 0 else { return nil }
    var buffer = [CChar](repeating: 0, count: Int(length) + 8)
    guard lws_hdr_copy(wsi, &buffer, Int32(buffer.count), token) >= 0 else { return nil }
    return Self.string(buffer)
  }

  /// A header without a token number of its own; `name` in lower case with the colon.
  private func custom(_ name: String) -> String? {
    let length = lws_hdr_custom_length(wsi, name, Int32(name.utf8.count))
    guard length >= 0 else { return nil }
    var buffer = [CChar](repeating: 0, count: Int(length) + 1)
    guard lws_hdr_custom_copy(wsi, &buffer, Int32(buffer.count), name, Int32(name.utf8.count)) >= 0 else {
      return nil
    }
    return Self.string(buffer)
  }

  /// Up to the first zero, without white space at either end.
  private static func string(_ buffer: [CChar]) -> String {
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
  }

  /// `192.0.2.1:5060`, `[2001:db8::1]:5060`.
  private func peer() -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let failed = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        getpeername(lws_get_socket_fd(wsi), name, &length) != 0
          || getnameinfo(
            name, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
            NI_NUMERICHOST | NI_NUMERICSERV) != 0
      }
    }
    guard !failed else { return "" }
    let address = Self.string(host)
    return (address.contains(":") ? "[\(address)]" : address) + ":" + Self.string(port)
  }
}
