import Foundation
import Supervision

/// Where REST, the event stream and the pages are served: `api` of the file.
package struct APIConfiguration: Hashable, Sendable {
  /// How connections are encrypted.
  package enum TLS: Hashable, Sendable {
    /// PEM files: the certificate with its chain, and its private key.
    case files(certificate: String, key: String)
    /// A certificate of our own, made at the first start and kept in the data folder.
    case selfSigned
  }

  /// TCP address. Without TLS: keep it on loopback, or behind a proxy that speaks TLS. Port 0 lets the system choose.
  package var listen = SocketAddress(host: "127.0.0.1", port: 8080)
  /// nil: plain HTTP.
  package var tls: TLS?
  /// Host names and IP addresses by which browsers reach this server; for the self-signed certificate.
  /// Empty: the host's own name, localhost and 127.0.0.1.
  package var names: [String] = []
  /// Proxies whose X-Forwarded-For, -Proto and -Host are believed.
  package var trustedProxies: [IPNetwork] = []
  /// Folder of the pages; nil: `Console` in the working directory, or beside the program's own sources.
  package var console: String?

  package init() {}
}

extension APIConfiguration {
  init(_ reader: SectionReader, context: ReadingContext) {
    listen = reader.address("listen", default: listen)
    tls = TLS.read(reader, context: context)
    names = reader.texts("names")
    trustedProxies = reader.networks("trustedProxies")
    console = reader.text("console")
    reader.finish()
    for name in names where !Self.isName(name) {
      reader.fault(
        "names", "'\(name)' is neither a host name nor an IP address.",
        remedy: "Give names like earshot.example.com or addresses like 192.0.2.7.")
    }
    if let console, context.checksFiles, !FileManager.default.fileExists(atPath: console + "/floor.html") {
      reader.fault(
        "console", "the folder \(console) holds no floor.html.",
        remedy: "Give the folder 'Console' that comes with Earshot, or leave the key out.")
    }
  }

  /// Of the form that a certificate may name: also what OpenSSL's configuration syntax can't misread.
  private static func isName(_ text: String) -> Bool {
    IPNetwork.isAddress(text)
      || text.wholeMatch(of: /(\*\.)?[A-Za-z0-9]([A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?/) != nil
  }
}

extension APIConfiguration.TLS {
  /// `"self-signed"`, or `{ certificate: "file", key: "file" }`.
  static func read(_ reader: SectionReader, context: ReadingContext) -> Self? {
    guard let value = reader.value("tls") else { return nil }
    switch value.kind {
    case .null: return nil
    case .string("self-signed"): return .selfSigned
    case .object: return files(reader.section("tls"), context)
    default:
      reader.fault(
        "tls", "is \(value.description).",
        remedy: "Give \"self-signed\", or { certificate: \"cert.pem\", key: \"key.pem\" }.")
      return nil
    }
  }

  private static func files(_ reader: SectionReader, _ context: ReadingContext) -> Self {
    let certificate = reader.requiredText("certificate", "a PEM file: the certificate, then its chain")
    let key = reader.requiredText("key", "a PEM file with the certificate's private key")
    reader.finish()
    guard context.checksFiles else { return .files(certificate: certificate, key: key) }
    reader.refuseUnreadable(["certificate": certificate, "key": key])
    reader.refuseOpenKey(key)
    return .files(certificate: certificate, key: key)
  }
}

extension SectionReader {
  /// Files that can't be read, by the keys that name them.
  func refuseUnreadable(_ files: [String: String]) {
    for (name, file) in files.sorted(by: { $0.key < $1.key })
    where !file.isEmpty && !FileManager.default.isReadableFile(atPath: file) {
      fault(
        name, "the file \(file) can't be read.",
        remedy: "Check the path, and let the user that runs Earshot read it.")
    }
  }

  /// A key that everybody may use is nobody's.
  func refuseOpenKey(_ key: String) {
    guard let mode = FileMode.of(key), mode & 0o007 != 0 else { return }
    fault(
      "key", "the file \(key) may be used by everybody (mode \(String(mode, radix: 8))).",
      remedy: "chmod o= \(key)")
  }
}
