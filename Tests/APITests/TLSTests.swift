import Foundation
import Supervision
import TestKit
import Testing

@testable import API

/// Asked by curl and passed on by nginx: programs that nobody here wrote.
@Suite(.timeLimit(.minutes(2))) struct TLSTests {
  private static let today: Int64 = 1_795_000_000

  private static func certificate(_ folder: TemporaryFolder, now: Int64? = nil) throws
    -> SelfSignedCertificate
  {
    try SelfSignedCertificate(
      folder: folder.path, names: ["localhost", "127.0.0.1"],
      now: now ?? Int64(Date().timeIntervalSince1970))
  }

  /// - Returns: what curl writes, and its exit status.
  private static func curl(_ arguments: [String]) async throws -> (output: String, status: Int32) {
    let folder = TemporaryFolder()
    let curl = try ToolProcess("curl", ["-sS", "--max-time", "60"] + arguments, in: folder.path)
    let status = await curl.exitStatus()
    return (curl.output, status)
  }

  @Test("W5 a self-signed certificate is made once, for its names, and anew before it runs out")
  func selfSigned()
    async throws
  {
    let folder = TemporaryFolder()
    let first = try Self.certificate(folder, now: Self.today)
    #expect(first.isNew && first.fingerprint.split(separator: ":").count == 32)
    for file in [first.files.certificate, first.files.key] {
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
    let again = try Self.certificate(folder, now: Self.today + 380 * 86_400)
    #expect(!again.isNew && again.fingerprint == first.fingerprint)
    let renewed = try Self.certificate(folder, now: Self.today + 384 * 86_400)
    #expect(renewed.isNew && renewed.fingerprint != first.fingerprint)
    let named = try SelfSignedCertificate(
      folder: folder.path, names: ["earshot.example"], now: Self.today + 384 * 86_400)
    #expect(named.isNew)
    #expect(throws: SelfSignedCertificate.Fault.self) {
      try SelfSignedCertificate(folder: folder.path + "/none", names: ["localhost"], now: Self.today)
    }
  }

  @Test("W5 over TLS the cookie is marked secure, and large answers arrive whole at a slow reader")
  func served()
    async throws
  {
    let folder = TemporaryFolder()
    let certificate = try Self.certificate(folder)
    for name in ["sign-in", "floor", "phone"] {
      try "page".write(toFile: "\(folder.path)/\(name).html", atomically: false, encoding: .utf8)
    }
    try Data(repeating: 120, count: 5_000_000).write(to: URL(filePath: folder.path + "/large.js"))
    let console = try ConsoleFolder(path: folder.path)
    try await Floor.run(console: console, tls: certificate.files) { floor async throws in
      let site = "https://localhost:\(floor.server.address.port)"
      let trust = ["--cacert", certificate.files.certificate]
      let signIn = try await Self.curl(
        trust + [
          "-i", "-H", "Content-Type: application/json", "-H", "Origin: \(site)", "-d",
          #"{"name":"anna","password":"anna-secret"}"#, site + "/v1/session",
        ])
      #expect(signIn.output.contains("HTTP/1.1 200"))
      #expect(signIn.output.contains("HttpOnly; SameSite=Strict; Path=/; Secure"))
      let large = try await Self.curl(
        trust + [
          "--limit-rate", "4M", "-o", "large", "-w", "%{size_download} %{http_version}",
          "\(site)/assets/\(console.hash)/large.js",
        ])
      #expect(large.output == "5000000 1.1")
      // By another name the certificate isn't taken; plain HTTP and old TLS get nothing.
      #expect(
        try await Self.curl(
          trust + [
            "--resolve", "other:\(floor.server.address.port):127.0.0.1",
            "https://other:\(floor.server.address.port)/healthz",
          ]
        ).status == 60)
      #expect(try await Self.curl(["http://localhost:\(floor.server.address.port)/healthz"]).status != 0)
      #expect(try await Self.curl(trust + ["--tls-max", "1.1", site + "/healthz"]).status != 0)
    }
  }

  @Test("W5 behind nginx cookies, origins and WebSockets work as they do without") func behindNginx()
    async throws
  {
    let folder = TemporaryFolder()
    let certificate = try Self.certificate(folder)
    try await Floor.run(proxies: ["127.0.0.1"]) { floor async throws in
      await floor.desk.put(Floor.call("c1"))
      let port = try await Self.freePort()
      try Self.nginx(from: port, to: floor.server.address.port, certificate.files)
        .write(toFile: folder.path + "/nginx.conf", atomically: false, encoding: .utf8)
      let nginx = try ToolProcess("nginx", ["-p", folder.path, "-c", "nginx.conf"], in: folder.path)
      let site = "https://localhost:\(port)"
      let common = [
        "--cacert", certificate.files.certificate, "-i", "-b", folder.path + "/jar", "-c",
        folder.path + "/jar",
      ]
      let origin = ["-H", "Origin: \(site)"]
      let signIn = try await Self.curl(
        common + origin + [
          "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-H",
          "Content-Type: application/json",
          "-d", #"{"name":"anna","password":"anna-secret"}"#, site + "/v1/session",
        ])
      #expect(signIn.output.contains("Path=/; Secure"), "\(signIn.output) \(nginx.output)")
      let note = [
        "-H", "Content-Type: application/json", "-d", #"{"text":"noted"}"#, site + "/v1/calls/c1/notes",
      ]
      #expect(try await Self.curl(common + origin + note).output.contains("HTTP/1.1 201"))
      #expect(
        try await Self.curl(common + ["-H", "Origin: http://localhost:\(port)"] + note).output
          .contains("HTTP/1.1 403"))
      let socket = try await Self.curl(
        common + origin + [
          "-N", "--max-time", "3", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-H", "Sec-WebSocket-Version: 13", "-o", "-",
          site + "/v1/events",
        ])
      #expect(
        socket.output.contains("101 Switching Protocols") && socket.output.contains(#""type":"snapshot""#))
      withExtendedLifetime(nginx) {}
    }
  }

  /// As in Docs/API.md, with everything it writes in its own folder.
  private static func nginx(from port: Int, to server: Int, _ files: TLSFiles) -> String {
    """
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr;
    events {}
    http {
      access_log off;
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      server {
        listen 127.0.0.1:\(port) ssl;
        ssl_certificate \(files.certificate);
        ssl_certificate_key \(files.key);
        location / {
          proxy_pass http://127.0.0.1:\(server);
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header X-Forwarded-Host $http_host;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_read_timeout 3600s;
        }
      }
    }

    """
  }

  private static func freePort() async throws -> Int {
    let server = try HTTPServer(listen: ListenAddress("127.0.0.1", port: 0), handler: Nobody()) { _ in }
    await server.stop()
    return server.address.port
  }

  private struct Nobody: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: 404) }
    func upgrade(_ request: HTTPRequest) -> WebSocketDecision { .refuse(HTTPResponse(status: 404)) }
  }
}
