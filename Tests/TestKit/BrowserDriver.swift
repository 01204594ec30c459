import Foundation
import Locking

/// The process that steers browsers (`Tests/Browser/driver.py`): one for all tests, started at the first need, ended
/// with them by the end of its input.
package final class BrowserDriver: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
  }

  /// What a command answers: any JSON.
  package enum Value: Hashable, Sendable, Codable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([Value])
    case object([String: Value])

    package init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else if let value = try? container.decode([Value].self) {
        self = .list(value)
      } else {
        self = .object(try container.decode([String: Value].self))
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .bool(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .list(let value): try container.encode(value)
      case .object(let value): try container.encode(value)
      }
    }

    package var text: String? { if case .text(let value) = self { value } else { nil } }
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
    package var list: [Value] { if case .list(let value) = self { value } else { [] } }
    package subscript(_ key: String) -> Value? {
      if case .object(let members) = self { members[key] } else { nil }
    }
  }

  private struct Reply: Decodable {
    var id: Int
    var value: Value?
    var error: String?
  }

  private struct State {
    var next = 1
    var waiting: [Int: CheckedContinuation<Result<Value, Failure>, Never>] = [:]
    /// Why it can do nothing more.
    var ended: String?
  }

  private let state = Lock(State())
  private let process = Process()
  private let input = Pipe()

  package static let shared: Result<BrowserDriver, Failure> = {
    do throws(Failure) {
      return .success(try BrowserDriver())
    } catch {
      return .failure(error)
    }
  }()

  /// The project's own folder.
  package static let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    .standardizedFileURL

  /// The Python that `scripts/bootstrap test` has made.
  package static var python: String { project.appending(path: ".build/python/bin/python").path }

  private init() throws(Failure) {
    guard FileManager.default.isExecutableFile(atPath: Self.python) else {
      throw Failure(description: "there is no \(Self.python): run scripts/bootstrap test")
    }
    let output = Pipe()
    process.executableURL = URL(filePath: Self.python)
    process.arguments = ["-B", Self.project.appending(path: "Tests/Browser/driver.py").path]
    process.standardInput = input
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw Failure(description: "the browsers' driver can't be started: \(error)")
    }
    // As in `EarshotProcess`: a thread of its own reads.
    Thread { [weak self] in
      var pending: [UInt8] = []
      while true {
        let data = output.fileHandleForReading.availableData
        guard !data.isEmpty else { break }
        pending += data
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
          self?.take(Data(pending[..<end]))
          pending.removeSubrange(...end)
        }
      }
      self?.end("the browsers' driver has ended")
    }.start()
  }

  /// Sends a command and waits for its answer.
  @discardableResult
  package func run(_ command: String, _ members: [String: Value]) async throws(Failure) -> Value {
    let result = await withCheckedContinuation {
      (waiter: CheckedContinuation<Result<Value, Failure>, Never>) in
      let (number, ended) = state.withLock { state -> (Int, String?) in
        state.next += 1
        if state.ended == nil { state.waiting[state.next] = waiter }
        return (state.next, state.ended)
      }
      if let ended { return waiter.resume(returning: .failure(Failure(description: ended))) }
      var line = members
      line["id"] = .number(Double(number))
      line["do"] = .text(command)
      do {
        try input.fileHandleForWriting.write(
          contentsOf: JSONEncoder().encode(Value.object(line)) + Data("\n".utf8))
      } catch {
        end("the browsers' driver takes no commands: \(error)")
      }
    }
    return try result.get()
  }

  private func take(_ line: Data) {
    guard let reply = try? JSONDecoder().decode(Reply.self, from: line) else { return }
    let waiter = state.withLock { $0.waiting.removeValue(forKey: reply.id) }
    if let error = reply.error {
      waiter?.resume(returning: .failure(Failure(description: error)))
    } else {
      waiter?.resume(returning: .success(reply.value ?? .null))
    }
  }

  private func end(_ why: String) {
    let waiting = state.withLock { state in
      state.ended = why
      defer { state.waiting = [:] }
      return state.waiting
    }
    for waiter in waiting.values { waiter.resume(returning: .failure(Failure(description: why))) }
  }
}
