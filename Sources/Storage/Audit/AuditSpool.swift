import Glibc
import Locking
import Supervision

/// A reserved file for entries that the database can't take: its space is allocated beforehand, so that a full disk
/// doesn't stop it. From here they go into the chain, in their order, when the database is back or at the next start.
///
/// Two headers of 512 bytes, written in turn; the valid one with the higher generation counts. Then records from byte
/// 1024, one behind the other. A record belongs to the generation whose number is in its hash; emptying the spool is
/// writing a header with the next generation. Layout of both in Docs/AuditFormat.md.
package final class AuditSpool: Sendable {
  package struct Record: Hashable, Sendable {
    package var id: SubmissionID
    /// `AuditEncoding` of the entry.
    package var payload: [UInt8]

    package init(id: SubmissionID, payload: [UInt8]) {
      self.id = id
      self.payload = payload
    }
  }

  private struct State: ~Copyable {
    let file: StoredFile
    let capacity: Int
    var generation: UInt64
    /// Where the next record goes, and up to where they are in the chain.
    var end: Int
    var consumed: Int
  }

  private static let magic = Array("EARSPOOL".utf8)
  private static let slot = 512
  private static let start = 2 * slot
  private static let frame = 4 + AuditDigest.size
  package let path: String
  private let state: Lock<State>

  /// Opens the spool; makes and reserves it if it isn't there.
  package init(path: String, capacity: Int) throws(FileFault) {
    self.path = path
    let file = try StoredFile(path: path)
    let size = try file.size()
    if size < capacity {
      try file.reserve(capacity)
      // Written once, because the first write to a reserved block may still need space for the file's own map.
      let zeros = [UInt8](repeating: 0, count: 64 << 10)
      for offset in stride(from: size, to: capacity, by: zeros.count) {
        try file.write(Array(zeros.prefix(capacity - offset)), at: offset)
      }
      try file.sync()
    }
    let headers = try file.read(Self.start, at: 0)
    let generations = [0, Self.slot].compactMap { Self.generation(in: headers.dropFirst($0).prefix(52)) }
    let generation = generations.max() ?? 1
    if generations.isEmpty { try Self.write(generation, to: file) }
    let capacity = max(size, capacity)
    let end = try Self.read(file, from: Self.start, to: capacity, generation: generation).end
    state = Lock(
      State(file: file, capacity: capacity, generation: generation, end: end, consumed: Self.start))
  }

  /// Takes as many as there is room for, from the first on, and gives how many: these are on disk when it returns.
  package func append(_ records: [Record]) throws(FileFault) -> Int {
    let result = state.withLock { state -> Result<Int, FileFault> in
      var bytes: [UInt8] = []
      var taken = 0
      for record in records {
        let frame = Self.frame(record, generation: state.generation, offset: state.end + bytes.count)
        guard state.end + bytes.count + frame.count <= state.capacity else { break }
        bytes += frame
        taken += 1
      }
      guard taken > 0 else { return .success(0) }
      do throws(FileFault) {
        try state.file.write(bytes, at: state.end)
        try state.file.sync()
      } catch {
        return .failure(error)
      }
      state.end += bytes.count
      return .success(taken)
    }
    return try result.get()
  }

  /// Records that `consume` hasn't been told of, and the position behind them.
  package func unread() throws(FileFault) -> (records: [Record], position: Int) {
    let result = state.withLock { state -> Result<([Record], Int), FileFault> in
      guard state.consumed < state.end else { return .success(([], state.end)) }
      do throws(FileFault) {
        let read = try Self.read(
          state.file, from: state.consumed, to: state.end, generation: state.generation)
        guard read.end == state.end else {
          return .failure(FileFault(call: "read of a damaged record", path: path, errno: EIO))
        }
        return .success((read.records, read.end))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Records before `position` are in the chain. If that is all, the spool is empty again.
  package func consume(through position: Int) throws(FileFault) {
    let fault = state.withLock { state -> FileFault? in
      state.consumed = position
      guard position == state.end, position > Self.start else { return nil }
      do throws(FileFault) {
        try Self.write(state.generation + 1, to: state.file)
      } catch {
        return error
      }
      state.generation += 1
      state.end = Self.start
      state.consumed = Self.start
      return nil
    }
    if let fault { throw fault }
  }

  /// Bytes that wait.
  package var pending: Int { state.withLock { $0.end - $0.consumed } }

  // MARK: layout

  /// length UInt32 ‖ SHA-256(generation UInt64 ‖ offset UInt64 ‖ body) ‖ body; body = submission id ‖ payload.
  private static func frame(_ record: Record, generation: UInt64, offset: Int) -> [UInt8] {
    let body = record.id.bytes + record.payload
    return UInt32(body.count).bigEndianBytes
      + hash(body, generation: generation, offset: offset).bytes + body
  }

  private static func hash(_ body: [UInt8], generation: UInt64, offset: Int) -> AuditDigest {
    SHA256.hash(generation.bigEndianBytes + UInt64(offset).bigEndianBytes + body)
  }

  /// Reads until the first place where no whole record of this generation stands.
  private static func read(
    _ file: borrowing StoredFile, from start: Int, to end: Int, generation: UInt64
  ) throws(FileFault) -> (records: [Record], end: Int) {
    var records: [Record] = []
    var offset = start
    while offset + frame <= end {
      let head = try file.read(frame, at: offset)
      guard let length = UInt32(bigEndianBytes: head.prefix(4)), length >= SubmissionID.size,
        offset + frame + Int(length) <= end
      else { break }
      let body = try file.read(Int(length), at: offset + frame)
      guard hash(body, generation: generation, offset: offset).bytes == Array(head.dropFirst(4)) else {
        break
      }
      records.append(
        Record(
          id: SubmissionID(bytes: Array(body.prefix(SubmissionID.size))),
          payload: Array(body.dropFirst(SubmissionID.size))))
      offset += frame + Int(length)
    }
    return (records, offset)
  }

  /// magic ‖ version UInt32 ‖ generation UInt64 ‖ SHA-256 of the three.
  private static func write(_ generation: UInt64, to file: borrowing StoredFile) throws(FileFault) {
    let text = magic + UInt32(1).bigEndianBytes + generation.bigEndianBytes
    try file.write(text + SHA256.hash(text).bytes, at: Int(generation % 2) * slot)
    try file.sync()
  }

  private static func generation(in header: ArraySlice<UInt8>) -> UInt64? {
    let text = Array(header.prefix(20))
    guard text.starts(with: magic + UInt32(1).bigEndianBytes),
      SHA256.hash(text).bytes == Array(header.dropFirst(20))
    else { return nil }
    return UInt64(bigEndianBytes: text.dropFirst(12))
  }
}
