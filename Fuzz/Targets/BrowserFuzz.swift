import RTP
import Supervision

@testable import Media

/// A customer's telephone and a supervisor's browser: everybody's datagrams at the port of browsers. STUN is made right
/// where the input asks for it, as no fuzzer finds a hash.
enum BrowserFuzz {
  private static let offer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    + "m=audio 9 UDP/TLS/RTP/SAVPF 0 126\r\na=rtpmap:126 telephone-event/8000\r\na=rtcp-mux\r\na=mid:0\r\n"
    + "a=ice-ufrag:peer\r\na=ice-pwd:0123456789012345678901\r\na=setup:active\r\n"
    + "a=fingerprint:sha-256 " + Array(repeating: "07", count: 32).joined(separator: ":") + "\r\n"

  static func run(_ input: UnsafeRawBufferPointer) {
    let floor = FuzzFloor.shared
    guard let answer = floor.join(FuzzFloor.supervisor, .supervisor, .webRTC, sdp: offer),
      let description = try? SessionDescription(parsing: answer), let medium = description.media.first,
      let fragment = medium.attributes.value(of: "ice-ufrag"),
      let password = medium.attributes.value(of: "ice-pwd")
    else { preconditionFailure("no answer") }
    floor.apply([(FuzzFloor.supervisor, FuzzFloor.customer)])
    let senders = [FuzzSender(FuzzFloor.peer), FuzzSender(FuzzFloor.stranger)]
    for record in FuzzRecords(input) {
      let isPeer = record.kind & 1 == 0
      let sender = senders[isPeer ? 0 : 1]
      switch record.kind >> 1 & 3 {
      case 0, 1: sender.send(record.bytes, to: medium.port)
      case 2:
        // Only the browser itself has the password.
        let check = check(record, name: fragment + ":peer", password: isPeer ? password : "guessed")
        sender.send(check, to: medium.port)
      default: floor.advance(Int(record.kind) * 10)
      }
      floor.settle()
      senders[0].discard()
      if !isPeer { senders[1].discard() }
    }
    precondition(!senders[1].hasReceived, "something went out to a stranger who asked for nothing")
    floor.close()
  }

  private static func check(_ record: FuzzRecords.Record, name: String, password: String) -> [UInt8] {
    let transaction = Array((record.bytes + [UInt8](repeating: 0, count: 12)).prefix(12))
    var writer = STUNWriter(kind: STUNMessage.Kind.bindingRequest, transaction: transaction)
    writer.add(STUNMessage.Attribute.username, Array(name.utf8))
    if record.kind & 0x80 != 0 { writer.add(STUNMessage.Attribute.useCandidate) }
    if record.bytes.count > 14 {
      writer.add(UInt16(record.bytes[12]) << 8 | UInt16(record.bytes[13]), Array(record.bytes[14...]))
    }
    writer.addIntegrity { ICECredentials.authenticate($0, password: password) }
    if record.kind & 0x40 != 0 { writer.addFingerprint() }
    return writer.bytes
  }
}
