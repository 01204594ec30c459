@testable import API

enum FramesFuzz {
  private static let limit = 600

  static func run(_ input: UnsafeRawBufferPointer) {
    var intake = WebSocketIntake(limit: limit)
    var waiting = 0
    for record in FuzzRecords(input) {
      let isLast = record.kind & 1 != 0
      let fault = record.bytes.withUnsafeBytes {
        intake.take($0, isBinary: record.kind & 6 == 6, isLast: isLast)
      }
      if let fault {
        // What a close frame may say (RFC 6455 section 7.4).
        precondition((1_000...1_015).contains(fault.code) && fault.reason.utf8.count <= 123)
        break
      }
      waiting += isLast ? 1 : 0
      precondition(waiting <= 32, "more messages wait than may")
    }
    intake.finish()
  }
}
