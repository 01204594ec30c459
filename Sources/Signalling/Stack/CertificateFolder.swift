import COpenSSL
import Glibc

/// The files that the library looks for where it is to speak TLS. It would open the port without any.
struct CertificateFolder {
  let path: String

  /// Our certificate with its chain, and its key.
  private var agent: String { path + "/agent.pem" }
  /// Who vouches for peers.
  private var authorities: String { path + "/cafile.pem" }

  /// What keeps TLS from being spoken with them; nil if nothing does.
  var fault: String? {
    guard let context = SSL_CTX_new(TLS_method()) else { return "OpenSSL has no room" }
    defer {
      SSL_CTX_free(context)
      ERR_clear_error()
    }
    if SSL_CTX_use_certificate_chain_file(context, agent) != 1 {
      return "\(agent) holds no certificate in PEM"
    }
    if SSL_CTX_use_PrivateKey_file(context, agent, SSL_FILETYPE_PEM) != 1 {
      return "\(agent) holds no key in PEM that belongs to the certificate"
    }
    if SSL_CTX_check_private_key(context) != 1 { return "the key doesn't belong to the certificate" }
    if SSL_CTX_load_verify_locations(context, authorities, nil) != 1 {
      return "\(authorities) holds no certificate in PEM"
    }
    return nil
  }
}
