import CLinux
import COpenSSL
import Glibc

/// Stands in the place of OpenSSL's function for the whole process, and frees what the SIP library forgets.
///
/// Debian's sofia-sip ends a TLS connection by `SSL_shutdown` and lets go of the socket's BIO, but never frees the connection
/// itself (`tls_free` in its tport_tls.c; later versions do): 48 kB for each connection that ever was. It looks at the
/// connection no more after this call, so it is freed here. The BIO and the context, which OpenSSL lets go of with it, get
/// a reference each, for the library gives back one of each by itself. A connection is known for the library's by its
/// check of certificates, which it alone sets; every other one, of HTTP or of media, goes on to OpenSSL as it came.
///
/// Seen outside of its module, or else the library would not find it.
@_cdecl("SSL_shutdown")
package func endTLSConnection(_ connection: OpaquePointer?) -> Int32 {
  guard let shutdown = shutdownOfOpenSSL else { return -1 }
  let result = shutdown(connection)
  guard let connection, isOfSIPLibrary(connection) else { return result }
  BIO_up_ref(SSL_get_rbio(connection))
  SSL_CTX_up_ref(SSL_get_SSL_CTX(connection))
  SSL_free(connection)
  return result
}

private typealias Shutdown = @convention(c) (OpaquePointer?) -> Int32

/// OpenSSL's own: the next one of that name (`RTLD_NEXT`).
private let shutdownOfOpenSSL: Shutdown? = dlsym(UnsafeMutableRawPointer(bitPattern: -1), "SSL_shutdown")
  .map { unsafeBitCast($0, to: Shutdown.self) }

private func isOfSIPLibrary(_ connection: OpaquePointer) -> Bool {
  guard let check = SSL_get_verify_callback(connection) else { return false }
  var place = Dl_info()
  guard dladdr(unsafeBitCast(check, to: UnsafeRawPointer.self), &place) != 0, let name = place.dli_fname
  else {
    return false
  }
  return strstr(name, "libsofia-sip-ua") != nil
}
