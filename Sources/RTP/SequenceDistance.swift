/// Comparison of numbers that wrap (RFC 1982): of sequence numbers and timestamps.
package enum SequenceDistance {
  /// How far `later` is ahead of `earlier`, −32,768 … 32,767.
  @inlinable
  package static func from(_ earlier: UInt16, to later: UInt16) -> Int {
    Int(Int16(bitPattern: later &- earlier))
  }

  /// How far `later` is ahead of `earlier`, −2³¹ … 2³¹ − 1.
  @inlinable
  package static func from(_ earlier: UInt32, to later: UInt32) -> Int {
    Int(Int32(bitPattern: later &- earlier))
  }

  @inlinable
  package static func isAfter(_ later: UInt16, _ earlier: UInt16) -> Bool { from(earlier, to: later) > 0 }

  @inlinable
  package static func isAfter(_ later: UInt32, _ earlier: UInt32) -> Bool { from(earlier, to: later) > 0 }
}
