/// How a browser's sound travels, as a description says it: ICE (RFC 8839), DTLS (RFC 8842), SRTP (RFC 5764).
package struct BrowserTransport: Hashable, Sendable {
  /// `a=setup` (RFC 4145).
  package enum Setup: String, Hashable, Sendable { case active, passive, actpass, holdconn }

  package static let profile = "UDP/TLS/RTP/SAVPF"
  /// Those that a browser may write for the same thing.
  package static let profiles: Set<String> = [
    profile, "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP", "TCP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF",
  ]

  /// `a=ice-ufrag`, `a=ice-pwd`.
  package var fragment: String
  package var password: String
  /// SHA-256 of the certificate, 32 bytes.
  package var fingerprint: [UInt8]
  package var setup: Setup
  /// `a=mid`; nil if there is none.
  package var mid: String?
  /// Ours only: the SSRC that we send with, and the name of it all.
  package var ssrc: UInt32 = 0
  package var cname = ""

  package init(fragment: String, password: String, fingerprint: [UInt8], setup: Setup, mid: String? = nil) {
    self.fragment = fragment
    self.password = password
    self.fingerprint = fingerprint
    self.setup = setup
    self.mid = mid
  }

  /// What a description says of a medium, in its own lines or in those of the session.
  /// - Throws: `OfferAnswerError.unusableTransport` with what is missing.
  package init(
    of medium: MediaDescription, in session: SessionDescription
  ) throws(OfferAnswerError) {
    func value(_ name: String) -> String? {
      medium.attributes.value(of: name) ?? session.attributes.value(of: name)
    }
    guard medium.isMultiplexed else { throw .unusableTransport("a=rtcp-mux") }
    guard let fragment = value("ice-ufrag"), let password = value("ice-pwd"),
      (4...256).contains(fragment.utf8.count), (22...256).contains(password.utf8.count)
    else { throw .unusableTransport("a=ice-ufrag and a=ice-pwd") }
    let fingerprints = (medium.attributes + session.attributes).filter { $0.name == "fingerprint" }
    guard let fingerprint = fingerprints.compactMap({ Self.sha256($0.value ?? "") }).first else {
      throw .unusableTransport("a=fingerprint:sha-256")
    }
    self.init(
      fragment: fragment, password: password, fingerprint: fingerprint,
      setup: value("setup").flatMap { Setup(rawValue: $0.lowercased()) } ?? .actpass,
      mid: medium.attributes.value(of: "mid"))
  }

  /// `sha-256 AB:CD:…`
  private static func sha256(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "sha-256" else { return nil }
    let bytes = parts[1].split(separator: ":").compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
    return bytes.count == 32 ? bytes : nil
  }

  /// The value of our `a=fingerprint`.
  package var fingerprintText: String {
    let digits = fingerprint.map { byte in
      let text = String(byte, radix: 16, uppercase: true)
      return text.utf8.count == 1 ? "0" + text : text
    }
    return "sha-256 " + digits.joined(separator: ":")
  }

  /// Our lines of a medium: ICE-lite with one candidate, that of the address and port given.
  func describe(in medium: inout MediaDescription, address: String, port: UInt16) {
    var lines = medium.attributes
    lines += [
      .init("mid", mid ?? "0"), .init("rtcp-mux"), .init("ice-ufrag", fragment), .init("ice-pwd", password),
      .init("fingerprint", fingerprintText), .init("setup", setup.rawValue), .init("msid", "earshot audio"),
      .init("ssrc", "\(ssrc) cname:\(cname)"),
      .init("candidate", "1 1 udp 2130706431 \(address) \(port) typ host"),
      .init("end-of-candidates"),
    ]
    medium.attributes = lines
  }
}
