import Glibc

/// Time that the cores of this machine would have worked if its host hadn't given it to others (`steal` in /proc/stat):
/// what every figure of a rented machine has to be read with.
struct StolenTime: Sendable {
  /// Jiffies of all cores since the machine's start.
  private let stolen: Double
  private let total: Double

  static var sinceStart: StolenTime {
    guard let file = fopen("/proc/stat", "r") else { return .init(stolen: 0, total: 0) }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    guard fgets(&line, Int32(line.count), file) != nil else { return .init(stolen: 0, total: 0) }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
    let fields = text.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    return .init(stolen: fields.count == 8 ? fields[7] : 0, total: fields.reduce(0, +))
  }

  /// Per cent of all time since that moment.
  func share(since earlier: StolenTime) -> Double {
    total > earlier.total ? (stolen - earlier.stolen) / (total - earlier.total) * 100 : 0
  }
}
