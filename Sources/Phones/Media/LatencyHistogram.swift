/// How many values fell where: a few kilobytes for any number of them, exact to 3 %. A plain value.
///
/// Buckets grow with the value, 32 to an octave, from 1 µs to over an hour.
package struct LatencyHistogram: Hashable, Sendable {
  private static let perOctave = 32
  private var buckets = [UInt32](repeating: 0, count: 28 * perOctave)
  /// Values counted.
  package private(set) var count = 0
  /// µs.
  package private(set) var greatest = 0

  package init() {}

  /// - Parameter microseconds: negative ones, of clocks that disagree, count as 0.
  package mutating func add(microseconds: Int) {
    let value = max(microseconds, 0)
    buckets[Self.bucket(value)] &+= 1
    count += 1
    greatest = max(greatest, value)
  }

  package mutating func merge(_ other: LatencyHistogram) {
    for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    count += other.count
    greatest = max(greatest, other.greatest)
  }

  /// The value below which `share` (0 … 1) of all lie, in ms; nil without values.
  package func percentile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    let wanted = Int((share * Double(count)).rounded(.up))
    var seen = 0
    for (index, held) in buckets.enumerated() {
      seen += Int(held)
      if seen >= max(wanted, 1) { return Double(min(Self.middle(index), greatest)) / 1_000 }
    }
    return Double(greatest) / 1_000
  }

  package var median: Double? { percentile(0.5) }

  private static func bucket(_ value: Int) -> Int {
    guard value >= perOctave else { return value }
    let octave = value.bitWidth - value.leadingZeroBitCount - 6
    return min((octave + 1) * perOctave + (value >> octave) - perOctave, 28 * perOctave - 1)
  }

  /// The middle of what a bucket holds, in µs.
  private static func middle(_ bucket: Int) -> Int {
    guard bucket >= 2 * perOctave else { return bucket }
    let octave = bucket / perOctave - 1
    return ((bucket % perOctave + perOctave) << octave) + (1 << octave) / 2
  }
}
