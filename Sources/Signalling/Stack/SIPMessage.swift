/// A received request or answer, copied out of the library's memory.
package struct SIPMessage: Hashable, Sendable {
  /// A From or To header.
  package struct Party: Hashable, Sendable {
    /// User part, percent-decoded; empty if the URI has none.
    package var user: String
    package var host: String
    /// Display name without its quotes.
    package var name: String
    package var tag: String?
  }

  package struct Contact: Hashable, Sendable {
    /// The whole URI; `*` for "all" in a REGISTER.
    package var uri: String
    /// `expires` parameter in seconds.
    package var expires: Int?
  }

  /// RFC 3326.
  package struct Reason: Hashable, Sendable {
    package var protocolName: String
    package var cause: Int?
    package var text: String
  }

  /// An Authorization or WWW-Authenticate header (RFC 7616), parameters unquoted, names in lower case.
  package struct Authentication: Hashable, Sendable {
    package var scheme: String
    package var parameters: [String: String]
  }

  /// Names a dialog in the words of whoever speaks of it to us (RFC 3891 section 3): `toTag` is ours.
  package struct Replaces: Hashable, Sendable {
    package var callID: String
    package var toTag: String
    package var fromTag: String
    package var isEarlyOnly = false
  }

  /// What is subscribed to.
  package struct Event: Hashable, Sendable {
    /// Event package, `dialog`.
    package var type: String
    /// Tells subscriptions of one dialog apart.
    package var id: String?
  }

  /// RFC 3515 section 2.1.
  package struct ReferTo: Hashable, Sendable {
    /// The whole URI.
    package var uri: String
    /// User part, percent-decoded.
    package var user: String
    package var scheme: String
    /// The method that is to be sent there; nil for an INVITE.
    package var method: String?
    /// What the URI's header fields name.
    package var replaces: Replaces?
  }

  /// User part of the request URI, percent-decoded.
  package var requestUser: String
  package var requestHost: String
  /// The request URI as it stands.
  package var requestURI: String
  package var from: Party
  package var to: Party
  package var callID: String
  package var contacts: [Contact]
  /// Expires header, seconds.
  package var expires: Int?
  package var minimumExpires: Int?
  /// Retry-After header, seconds.
  package var retryAfter: Int?
  package var maxForwards: Int?
  /// Whether it came with its header's end, and with as long a body as it says (RFC 3261 section 18.3).
  package var isWhole = true
  /// Event header (RFC 6665 section 8.2.1); nil if there is none.
  package var event: Event?
  /// Media types of the Accept header, lower-case; nil if it isn't there.
  package var acceptedTypes: Set<String>?
  /// Whether a Via is our own: the request goes in circles.
  package var hasOwnVia = false
  package var contentType: String?
  package var body: String?
  package var reason: Reason?
  package var replaces: Replaces?
  package var referTo: ReferTo?
  package var sequence: UInt32 = 0
  package var userAgent: String
  /// Credentials of a request.
  package var credentials: [Authentication]
  /// Challenges of a 401 or 407.
  package var challenges: [Authentication]
  /// Option tags of the Supported and Require headers, lower-case.
  package var extensions: Set<String> = []
  /// Those of the Require header. A `timer` isn't seen there.
  package var required: Set<String> = []
  package var session = SessionHeaders()
  /// nil if it isn't one.
  package var reliable: ReliableAnswer?
  /// Methods of the Allow header.
  package var allow: [String]
  /// Header fields that the library has no name for, `X-…` among them, by lower-case name.
  package var otherHeaders: [String: String]
  /// The headers that the stack was told to read, by lower-case name.
  package var readHeaders: [String: String] = [:]
  /// Numeric IP address that the message came from.
  package var sourceAddress: String
  package var sourcePort: UInt16
  /// How it came.
  package var transport = SIPTransport.udp

  /// Whether an answer with a body of this media type would be taken (RFC 3261 section 20.1).
  package func accepts(_ type: String) -> Bool {
    guard let accepts = acceptedTypes else { return true }
    let range = String(type.prefix { $0 != "/" }) + "/*"
    return accepts.contains(type) || accepts.contains(range) || accepts.contains("*/*")
  }

  /// The session description, if the body is one.
  package var sdp: String? {
    contentType?.lowercased().hasPrefix("application/sdp") == true ? body : nil
  }
}
