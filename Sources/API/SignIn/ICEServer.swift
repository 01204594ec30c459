import COpenSSL
import Foundation
import Supervision

/// A STUN or TURN server that browsers may use.
package struct ICEServer: Hashable, Sendable {
  /// How browsers are let in.
  package enum Access: Hashable, Sendable {
    /// STUN asks nobody who he is.
    case open
    /// The same for everybody.
    case account(username: String, credential: String)
    /// Known to the TURN server too. Everybody gets credentials of his own, which end by themselves
    /// (draft-uberti-behave-turn-rest; coturn's `use-auth-secret`).
    case secret(String)
  }

  /// How long credentials made of a secret are good, in seconds: as long as a session lasts at most.
  static let lifetime: Int64 = 12 * 3_600

  package var urls: [String]
  package var access: Access

  package init(urls: [String], access: Access) {
    self.urls = urls
    self.access = access
  }

  /// What a user's browser is told.
  func document(for user: UserID, at now: Moment) -> ICEServerDocument {
    switch access {
    case .open: return ICEServerDocument(urls: urls)
    case .account(let username, let credential):
      return ICEServerDocument(urls: urls, username: username, credential: credential)
    case .secret(let secret):
      // The server knows nothing of the user: the name tells it the end, and its own log whom it served.
      let username = "\(now.wall / 1_000 + Self.lifetime):\(user.value)"
      return ICEServerDocument(
        urls: urls, username: username, credential: Self.credential(of: username, secret: secret))
    }
  }

  /// Base64 of HMAC-SHA1: what the draft prescribes.
  private static func credential(of username: String, secret: String) -> String {
    var digest = [UInt8](repeating: 0, count: 20)
    var length: UInt32 = 0
    let key = Array(secret.utf8)
    let text = Array(username.utf8)
    HMAC(EVP_sha1(), key, Int32(key.count), text, text.count, &digest, &length)
    return Data(digest).base64EncodedString()
  }
}

/// As a browser's `RTCIceServer`.
package struct ICEServerDocument: Hashable, Sendable, Codable {
  package var urls: [String]
  package var username: String?
  package var credential: String?
}
