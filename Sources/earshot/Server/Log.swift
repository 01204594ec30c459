import Configuration
import Foundation

/// The operator's log, a line for each event, to standard error.
struct Log: Sendable {
  let settings: LogConfiguration
  let console: Console

  func debug(_ text: String) { write(.debug, text) }
  func info(_ text: String) { write(.info, text) }
  func warning(_ text: String) { write(.warning, text) }
  func error(_ text: String) { write(.error, text) }

  private func write(_ level: LogConfiguration.Level, _ text: String) {
    let order = LogConfiguration.Level.allCases
    guard let rank = order.firstIndex(of: level), let least = order.firstIndex(of: settings.level),
      rank >= least
    else { return }
    let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    switch settings.format {
    case .text: console.complain("\(time) \(level.rawValue) \(text)")
    case .json:
      let line = ["time": time, "level": level.rawValue, "message": text]
      let data = try? JSONEncoder().encode(line)
      console.complain(data.map { String(decoding: $0, as: UTF8.self) } ?? text)
    }
  }
}
