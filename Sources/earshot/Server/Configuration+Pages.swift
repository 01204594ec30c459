import API
import Configuration
import Foundation

/// What the HTTP server needs beside its address: certificate and pages.
extension Configuration {
  /// nil for plain HTTP. A self-signed certificate is made where there is none that holds.
  func tlsFiles(_ log: Log) throws -> TLSFiles? {
    switch api.tls {
    case nil: return nil
    case .files(let certificate, let key): return TLSFiles(certificate: certificate, key: key)
    case .selfSigned:
      let host = ProcessInfo.processInfo.hostName
      var names: [String] = []
      for name in api.names.isEmpty ? [host, "localhost", "127.0.0.1"] : api.names
      where !name.isEmpty && !names.contains(name) {
        names.append(name)
      }
      let certificate = try SelfSignedCertificate(
        folder: storage.folder, names: names, now: Int64(Date().timeIntervalSince1970))
      log.info(
        "\(certificate.isNew ? "made" : "use") a self-signed certificate for \(names.joined(separator: ", ")); "
          + "SHA-256 \(certificate.fingerprint)")
      return certificate.files
    }
  }

  /// What the pages are told of STUN and TURN.
  var iceServers: [ICEServer] {
    media.iceServers.map { server in
      let access: ICEServer.Access =
        switch server.access {
        case .open: .open
        case .account(let username, let credential): .account(username: username, credential: credential)
        case .secret(let secret): .secret(secret)
        }
      return ICEServer(urls: server.urls, access: access)
    }
  }

  /// The pages; nil where there are none, which is told: calls and the API don't need them.
  func console(_ log: Log) -> ConsoleFolder? {
    guard let path = api.console ?? Self.consoleBeside else {
      log.warning("there is no folder 'Console', so no pages are served. Name it in api.console")
      return nil
    }
    do {
      return try ConsoleFolder(path: path)
    } catch {
      log.warning("no pages are served: \(error)")
      return nil
    }
  }

  /// In the working directory, or in one above the program.
  private static var consoleBeside: String? {
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    var candidates = ["Console"]
    while folder.path != "/" {
      candidates.append(folder.path + "/Console")
      folder.deleteLastPathComponent()
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0 + "/floor.html") }
  }
}

extension SocketAddress {
  /// Nobody beyond this machine can come here.
  var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" || host == "localhost" }
}
