/// An input as a series of records: a byte that says what kind, one that says how long, then that many bytes (or what
/// is left). So the fuzzer can put a conversation together piece by piece.
struct FuzzRecords: Sequence, IteratorProtocol {
  struct Record {
    var kind: UInt8
    var bytes: [UInt8]
  }

  /// More would only make each input slower.
  private static let most = 64
  private var rest: Slice<UnsafeRawBufferPointer>
  private var count = 0

  init(_ input: UnsafeRawBufferPointer) { rest = input[...] }

  mutating func next() -> Record? {
    guard rest.count >= 2, count < Self.most else { return nil }
    count += 1
    let kind = rest.removeFirst()
    let length = Int(rest.removeFirst())
    let bytes = Array(rest.prefix(length))
    rest = rest.dropFirst(length)
    return Record(kind: kind, bytes: bytes)
  }
}
