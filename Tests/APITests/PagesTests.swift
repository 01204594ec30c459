import Foundation
import Supervision
import TestKit
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct PagesTests {
  /// A small console, with things in it that nobody may get.
  private static func console() throws -> (folder: TemporaryFolder, console: ConsoleFolder) {
    let folder = TemporaryFolder()
    let files = FileManager.default
    for name in ["styles", "floor", "images"] {
      try files.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
    }
    let texts = [
      "sign-in.html": "<!doctype html>sign in",
      "floor.html": "<script src=\"%ASSETS%/floor/main.js\"></script>",
      "phone.html": "<!doctype html>phone", "styles/base.css": "body{}", "floor/main.js": "import './a.js'",
      "images/favicon.ico": "icon", "images/mark.svg": "<svg/>", "notes.txt": "secret",
      ".hidden.js": "secret",
    ]
    for (name, text) in texts {
      try text.write(toFile: folder.path + "/" + name, atomically: false, encoding: .utf8)
    }
    try files.createSymbolicLink(atPath: folder.path + "/link.js", withDestinationPath: "/etc/passwd")
    try files.createSymbolicLink(atPath: folder.path + "/etc", withDestinationPath: "/etc")
    return (folder, try ConsoleFolder(path: folder.path))
  }

  @Test("W5 pages are served with their assets' place filled in, and may do only what they must") func pages()
    async throws
  {
    let (folder, console) = try Self.console()
    try await Floor.run(console: console) { floor async throws in
      let page = try await floor.request("GET", "/floor", token: nil)
      #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
      #expect(page.text == "<script src=\"/assets/\(console.hash)/floor/main.js\"></script>")
      #expect(page.headers["cache-control"] == "no-store")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.contains("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"))
      #expect(page.headers["x-content-type-options"] == "nosniff")
      #expect(page.headers["permissions-policy"] == "microphone=(self)")
      #expect(page.headers["referrer-policy"] == "same-origin")
      #expect(page.headers["cross-origin-opener-policy"] == "same-origin")
      let head = try await floor.request("HEAD", "/floor", token: nil)
      #expect(
        head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "\(page.body.count)")
      #expect(try await floor.request("POST", "/floor", body: "{}", token: nil).status == 405)
    }
    withExtendedLifetime(folder) {}
  }

  @Test("W5 assets are kept for ever under the hash of everything, which changes with everything")
  func assets()
    async throws
  {
    let (folder, console) = try Self.console()
    try await Floor.run(console: console) { floor async throws in
      let root = "/assets/\(console.hash)"
      let script = try await floor.request("GET", root + "/floor/main.js", token: nil)
      #expect(script.status == 200 && script.text == "import './a.js'")
      #expect(script.headers["content-type"] == "text/javascript; charset=utf-8")
      #expect(script.headers["cache-control"] == "public, max-age=31536000, immutable")
      #expect(
        try await floor.request("GET", root + "/images/mark.svg", token: nil).headers["content-type"]
          == "image/svg+xml")
      #expect(try await floor.request("GET", "/favicon.ico", token: nil).text == "icon")
      #expect(try await floor.request("GET", "/assets/0123456789/floor/main.js", token: nil).status == 404)
    }
    try "body{color:red}".write(toFile: folder.path + "/styles/base.css", atomically: false, encoding: .utf8)
    #expect(try ConsoleFolder(path: folder.path).hash != console.hash)
    try FileManager.default.removeItem(atPath: folder.path + "/phone.html")
    #expect(throws: ConsoleFolder.Fault.self) { try ConsoleFolder(path: folder.path) }
  }

  @Test("W5 a page names every module that it will import") func preloads() {
    let modules = [
      "floor/main.js":
        "import './list.js';\nimport { a,\n b } from '../shared/dom.js';\nimport('./later.js')",
      "floor/list.js": "import { c } from \"../shared/dom.js\"; export * from './main.js';",
      "shared/dom.js": "import x from './lost.js'; import y from 'elsewhere';", "floor/later.js": "",
    ]
    let preloads = ModulePreloads(
      assets: modules.mapValues { .init(type: "text/javascript", body: Data($0.utf8)) })
    let rest = "  <script src=\"%ASSETS%/theme.js\"></script>"
    let main = "  <script type=\"module\" src=\"%ASSETS%/floor/main.js\"></script>"
    #expect(
      preloads.added(to: rest + "\n" + main) == """
        \(rest)
          <link rel="modulepreload" href="%ASSETS%/floor/list.js">
          <link rel="modulepreload" href="%ASSETS%/shared/dom.js">
        \(main)
        """)
    #expect(preloads.added(to: "<p>no module</p>") == "<p>no module</p>")
  }

  @Test(
    "W5 no path leads out of the folder",
    arguments: [
      "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/link.js", "/etc/passwd",
      "/floor/main.js%00.css", "/%00", "/notes.txt", "/.hidden.js", "//etc/passwd", "/floor/..%5c..%5cetc",
      "/floor/", "/floor", "",
    ]) func traversal(_ path: String) async throws
  {
    let (folder, console) = try Self.console()
    try await Floor.run(console: console) { floor async throws in
      let connection = try RawConnection(port: floor.server.address.port)
      await connection.send(
        "GET /assets/\(console.hash)\(path) HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
      let data = await connection.readToEnd()
      // libwebsockets ends the connection of whoever sends a path that it can't read.
      if !data.isEmpty {
        let answer = try RawAnswer(data)
        #expect([400, 403, 404].contains(answer.status))
        #expect(!answer.text.contains("root:") && !answer.text.contains("secret"))
      }
    }
    withExtendedLifetime(folder) {}
  }

  @Test("W1 W3 the start leads to where his work is") func start() async throws {
    let (folder, console) = try Self.console()
    try await Floor.run(console: console) { floor async throws in
      func place(_ headers: [String: String]) async throws -> String? {
        let answer = try await floor.request("GET", "/", headers: headers, token: nil)
        #expect(answer.status == 303 && answer.headers["cache-control"] == "no-store")
        return answer.headers["location"]
      }
      #expect(try await place([:]) == "/sign-in")
      #expect(try await place(["Cookie": "earshot=guess"]) == "/sign-in")
      #expect(try await place(["Cookie": try await SignInTests.cookie("anna", floor)]) == "/floor")
      #expect(try await place(["Cookie": try await SignInTests.cookie("ben", floor)]) == "/phone")
      let lost = try await floor.request("GET", "/nowhere", headers: ["Accept": "text/html,*/*"], token: nil)
      #expect(lost.status == 404 && lost.headers["content-type"] == "text/html; charset=utf-8")
      #expect(try await floor.request("GET", "/nowhere", token: nil).problem().status == 404)
      let api = try await floor.request("GET", "/v1/nowhere", headers: ["Accept": "text/html"], token: nil)
      #expect(api.headers["content-type"] == "application/problem+json")
    }
    withExtendedLifetime(folder) {}
  }

  @Test("A9 W5 over TLS pages say that they want nothing else, but for the own machine's name")
  func transport()
    async throws
  {
    let (folder, console) = try Self.console()
    try await Floor.run(console: console, proxies: ["127.0.0.1"]) { floor async throws in
      func header(_ path: String, _ scheme: String, _ host: String) async throws -> String? {
        let headers = ["X-Forwarded-Proto": scheme, "X-Forwarded-Host": host]
        return try await floor.request("GET", path, headers: headers, token: nil)
          .headers["strict-transport-security"]
      }
      for path in ["/", "/floor", "/sign-in", "/favicon.ico"] {
        #expect(try await header(path, "https", "earshot.example") == "max-age=31536000", "\(path)")
        #expect(try await header(path, "http", "earshot.example") == nil)
        #expect(try await header(path, "https", "localhost:8443") == nil)
      }
    }
    withExtendedLifetime(folder) {}
  }

  @Test("W5 a server without its pages says so") func missing() async throws {
    try await Floor.run { floor async throws in
      #expect(try await floor.request("GET", "/floor", token: nil).text.contains("api.console"))
      let page = try await floor.request("GET", "/", headers: ["Accept": "text/html"], token: nil)
      #expect(page.status == 404 && page.text.contains("<h1>The pages are missing</h1>"))
    }
  }
}
