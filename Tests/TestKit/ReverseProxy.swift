import Foundation

/// Debian's nginx before an Earshot, configured as its manual says one does it for HTTP and WebSockets.
package final class ReverseProxy: Sendable {
  package let url: URL
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  package init(before server: URL) async throws {
    let port = SIPp.freePort("127.0.0.1")
    let path = folder.path
    url = URL(string: "http://127.0.0.1:\(port)")!
    let configuration = """
      daemon off;
      pid \(path)/nginx.pid;
      error_log stderr;
      worker_processes 1;
      events {}
      http {
        access_log off;
        client_body_temp_path \(path)/body;
        proxy_temp_path \(path)/proxy;
        fastcgi_temp_path \(path)/fastcgi;
        uwsgi_temp_path \(path)/uwsgi;
        scgi_temp_path \(path)/scgi;
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        server {
          listen 127.0.0.1:\(port);
          location / {
            proxy_pass \(server.absoluteString);
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout 1h;
          }
        }
      }

      """
    try configuration.write(toFile: path + "/nginx.conf", atomically: true, encoding: .utf8)
    process = try ToolProcess(
      "/usr/sbin/nginx", ["-p", path, "-c", path + "/nginx.conf", "-e", "stderr"], in: path)
    try await Self.waitForListener(port, of: process)
  }

  /// Waits until somebody takes connections at a port of this machine.
  static func waitForListener(_ port: UInt16, of process: ToolProcess) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !isListening(port) {
      guard ContinuousClock.now < deadline else {
        throw BrowserDriver.Failure(description: "nobody listens on port \(port):\n\(process.output)")
      }
      await Task.yield()
    }
  }

  private static func isListening(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &target.sin_addr)
    return withUnsafePointer(to: &target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
