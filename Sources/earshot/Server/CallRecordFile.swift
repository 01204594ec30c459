import API
import Foundation
import Glibc
import Storage
import Supervision

/// What is kept of each call when it is over: a JSON line in `calls.jsonl`, with loss and jitter of every leg.
final class CallRecordFile: Sendable {
  private struct Line: Encodable {
    var call: CallDocument
    var legs: [LegRecord]
  }

  private let thread = StorageThread(name: "call-records")
  private let path: String
  private let log: Log

  init(folder: String, log: Log) throws {
    path = folder + "/calls.jsonl"
    self.log = log
  }

  /// Never blocks. A record that can't be written is told in the log; it harms no call.
  func append(_ record: CallRecord) {
    thread.run { [path, log] in
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let line = Line(
        // Flags are for calls that are up, so no policy matters here.
        call: CallDocument(
          record.snapshot, at: record.snapshot.ended ?? record.snapshot.created, policy: Policy()),
        legs: record.reports)
      guard var data = try? encoder.encode(line) else { return }
      data.append(UInt8(ascii: "\n"))
      var descriptor: Int32
      repeat {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
      } while descriptor < 0 && errno == EINTR
      guard descriptor >= 0 else {
        return log.warning("\(path) can't be opened (\(String(cString: strerror(errno)))); check the folder")
      }
      defer { Glibc.close(descriptor) }
      var written = 0
      while written < data.count {
        let count = data.withUnsafeBytes {
          write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        written += count
      }
      guard written < data.count else { return }
      let reason = String(cString: strerror(errno))
      // Half a line would spoil the next one too.
      if written > 0 { ftruncate(descriptor, lseek(descriptor, 0, SEEK_END) - off_t(written)) }
      log.warning("\(path) can't be written (\(reason)), a call's record is lost; check the disk")
    }
  }

  func close() async {
    await withCheckedContinuation { continuation in thread.stop { continuation.resume() } }
  }
}
