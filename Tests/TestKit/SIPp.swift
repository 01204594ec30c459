import Foundation
import Glibc

/// SIPp (Debian's `sip-tester`), playing one of the scenario files of `Tests/ScenarioTests/SIPp`.
///
/// A file names what a test may choose as `@NAME@`. SIPp's exit status says whether all went as the file has it.
package final class SIPp: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// The port at which it talks SIP.
  package let port: UInt16
  private let scenario: String
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  /// Starts the scenario for one call.
  /// - Parameters:
  ///   - target: `host:port` that it calls, or that calls it.
  ///   - user: user part of the request URI.
  ///   - address: its own; a trunk is known by it.
  ///   - port: nil for one that is free.
  ///   - transport: `u1` for UDP, `t1` for TCP by one connection, as SIPp names them.
  ///   - values: of the names in the file.
  package init(
    _ scenario: String, target: String, user: String = "anna", from address: String = "127.0.0.2",
    port: UInt16? = nil, transport: String = "u1", values: [String: String] = [:]
  ) throws {
    self.scenario = scenario
    self.port = port ?? Self.freePort(address)
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("ScenarioTests/SIPp/\(scenario).xml")
    var text = try String(contentsOf: file, encoding: .utf8)
    for (name, value) in ["FROM": "+49301234", "PAUSE": "200"].merging(values, uniquingKeysWith: { $1 }) {
      text = text.replacingOccurrences(of: "@\(name)@", with: value)
    }
    let copy = folder.path + "/\(scenario).xml"
    try text.write(toFile: copy, atomically: true, encoding: .utf8)
    // It sends back the sound that it gets. It takes four ports, those of a picture too.
    let media = Self.freePort(address, count: 4)
    process = try ToolProcess(
      "sipp",
      [
        target, "-t", transport, "-sf", copy, "-s", user, "-i", address, "-p", "\(self.port)", "-mi", address,
        "-mp",
        "\(media)",
        "-rtp_echo", "-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error", "-recv_timeout", "8000",
        "-trace_err", "-error_file", folder.path + "/errors", "-trace_msg", "-message_file",
        folder.path + "/messages",
      ], in: folder.path)
  }

  /// Waits until it takes TCP connections: nobody asks twice for one.
  package func listening() async throws(Failure) {
    let digits = String(port, radix: 16, uppercase: true)
    let place = ":" + String(repeating: "0", count: 4 - digits.count) + digits
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      let table = (try? String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)) ?? ""
      // Local address, remote address, state: 0A is listening.
      let isThere = table.split(separator: "\n").contains { line in
        let fields = line.split(separator: " ")
        return fields.count > 3 && fields[1].hasSuffix(place) && fields[3] == "0A"
      }
      if isThere { return }
      await Task.yield()
    }
    throw Failure(description: "SIPp doesn't listen at TCP port \(port)")
  }

  /// Waits for the scenario's end.
  /// - Throws: what went otherwise than the file has it, with the messages that were exchanged.
  package func finished() async throws(Failure) {
    let status = await process.exitStatus()
    guard status != 0 else { return }
    let files = ["errors", "messages"].compactMap {
      try? String(contentsOfFile: folder.path + "/\($0)", encoding: .utf8)
    }
    let story = files.isEmpty ? process.output : files.joined(separator: "\n")
    throw Failure(description: "SIPp ended '\(scenario)' with status \(status):\n\(story)")
  }

  /// The first of `count` UDP ports that nobody has at present; an even one if there are several.
  package static func freePort(_ address: String, count: UInt16 = 1) -> UInt16 {
    while true {
      guard let first = bindable(address, 0), count == 1 || first % 2 == 0, first < .max - count else {
        continue
      }
      if (1..<count).allSatisfy({ bindable(address, first + $0) != nil }) { return first }
    }
  }

  /// Whether nobody has a port at present, neither for UDP nor for TCP.
  package static func isFree(_ port: UInt16, _ address: String) -> Bool {
    bindable(address, port) != nil && bindable(address, port, SOCK_STREAM) != nil
  }

  /// The port that a socket gets which asks for `port`; nil if it gets none.
  private static func bindable(
    _ address: String, _ port: UInt16, _ kind: __socket_type = SOCK_DGRAM
  ) -> UInt16? {
    let descriptor = socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var own = sockaddr_in()
    own.sin_family = sa_family_t(AF_INET)
    own.sin_port = port.bigEndian
    inet_pton(AF_INET, address, &own.sin_addr)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &own) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, size) == 0 && getsockname(descriptor, generic, &size) == 0
      }
    }
    return isBound ? UInt16(bigEndian: own.sin_port) : nil
  }
}
