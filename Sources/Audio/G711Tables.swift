/// The G.711 tables of the packet path: 22 kB that stay in the first-level cache.
///
/// A plain value of pointers to tables that live as long as the process. A worker copies `shared` once into a
/// `let` of its own; from then on a call costs no lazy-initialisation check, no reference count, no
/// allocation. `count` is in samples (= bytes of payload); every pointer must hold `count` elements.
package struct G711Tables: @unchecked Sendable {  // the tables are written in `init` only and never freed
  @usableFromInline package let linearOfMu: UnsafePointer<Int16>
  @usableFromInline package let linearOfA: UnsafePointer<Int16>
  /// µ-law code by the upper 14 bits of a sample.
  @usableFromInline package let muOfLinear: UnsafePointer<UInt8>
  /// A-law code by the upper 12 bits of a sample: in one's complement the 13th decides nothing.
  @usableFromInline package let aOfLinear: UnsafePointer<UInt8>
  @usableFromInline package let aOfMu: UnsafePointer<UInt8>
  @usableFromInline package let muOfA: UnsafePointer<UInt8>

  package static let shared = G711Tables()

  private init() {
    linearOfMu = Self.table(256) { G711.decode(.mu, UInt8($0)) }
    linearOfA = Self.table(256) { G711.decode(.a, UInt8($0)) }
    muOfLinear = Self.table(1 << 14) { G711.encode(.mu, Int16(truncatingIfNeeded: $0 << 2)) }
    aOfLinear = Self.table(1 << 12) { G711.encode(.a, Int16(truncatingIfNeeded: $0 << 4)) }
    aOfMu = Self.table(256) { G711.encode(.a, G711.decode(.mu, UInt8($0))) }
    muOfA = Self.table(256) { G711.encode(.mu, G711.decode(.a, UInt8($0))) }
  }

  private static func table<Entry>(_ count: Int, _ entry: (Int) -> Entry) -> UnsafePointer<Entry> {
    let table = UnsafeMutablePointer<Entry>.allocate(capacity: count)
    for index in 0..<count { (table + index).initialize(to: entry(index)) }
    return UnsafePointer(table)
  }

  /// G.711 bytes to linear samples.
  @inlinable
  package func decode(
    _ law: G711Law, _ input: UnsafePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<Int16>
  ) {
    let table = law == .mu ? linearOfMu : linearOfA
    for index in 0..<count { output[index] = table[Int(input[index])] }
  }

  /// Linear samples to G.711 bytes.
  @inlinable
  package func encode(
    _ law: G711Law, _ input: UnsafePointer<Int16>, count: Int, into output: UnsafeMutablePointer<UInt8>
  ) {
    switch law {
    case .mu:
      for index in 0..<count { output[index] = muOfLinear[Int(UInt16(bitPattern: input[index]) >> 2)] }
    case .a:
      for index in 0..<count { output[index] = aOfLinear[Int(UInt16(bitPattern: input[index]) >> 4)] }
    }
  }

  /// Bytes of one law to bytes of the other, by way of linear. The same law is copied untouched: µ-law's
  /// negative zero would not survive a decoding. `input` and `output` may be the same memory.
  @inlinable
  package func transcode(
    from source: G711Law, to target: G711Law, _ input: UnsafePointer<UInt8>, count: Int,
    into output: UnsafeMutablePointer<UInt8>
  ) {
    if source == target {
      if UnsafePointer(output) != input { output.update(from: input, count: count) }
      return
    }
    let table = source == .mu ? aOfMu : muOfA
    for index in 0..<count { output[index] = table[Int(input[index])] }
  }
}
