/// Where REST and the event stream are served: `api` of the file.
package struct APIConfiguration: Hashable, Sendable {
  /// TCP address. Plain HTTP: keep it on loopback, or behind a proxy that speaks TLS. Port 0 lets the system choose.
  package var listen = SocketAddress(host: "127.0.0.1", port: 8080)

  package init() {}
}

extension APIConfiguration {
  init(_ reader: SectionReader) {
    listen = reader.address("listen", default: listen)
    reader.finish()
  }
}
