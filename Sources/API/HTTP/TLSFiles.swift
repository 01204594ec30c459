/// By which files a server proves who it is.
package struct TLSFiles: Hashable, Sendable {
  /// PEM: the certificate, then its chain.
  package var certificate: String
  /// PEM: its private key.
  package var key: String

  package init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}
