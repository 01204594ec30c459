import RTP
import Supervision

@testable import Media

/// Three telephones of different codecs in one call, everybody's datagrams at their sockets, and what the call does
/// meanwhile. Nobody but the parties may ever be sent anything.
enum MediaFuzz {
  private struct Party {
    let id: ParticipantID
    let role: Role
    let formats: String
    var port: UInt16 = 0
    var sequence: UInt16 = 65_500
    var timestamp: UInt32 = .max - 2_000
    var payloadType: UInt8
  }

  private static func sdp(_ formats: String, direction: String = "sendrecv") -> String {
    "v=0\r\no=- 1 1 IN IP4 \(FuzzFloor.peer)\r\ns=-\r\nc=IN IP4 \(FuzzFloor.peer)\r\nt=0 0\r\n"
      + "m=audio 4000 RTP/AVP \(formats) 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
      + "a=\(direction)\r\n"
  }

  static func run(_ input: UnsafeRawBufferPointer) {
    let floor = FuzzFloor.shared
    var parties = [
      Party(id: FuzzFloor.customer, role: .customer, formats: "0", payloadType: 0),
      Party(id: FuzzFloor.agent, role: .agent, formats: "96", payloadType: 96),
      Party(id: FuzzFloor.supervisor, role: .supervisor, formats: "9", payloadType: 9),
    ]
    for index in parties.indices {
      let answer = floor.join(parties[index].id, parties[index].role, .rtp, sdp: sdp(parties[index].formats))
      guard let port = answer.flatMap({ try? SessionDescription(parsing: $0).media.first?.port }) else {
        preconditionFailure("no answer")
      }
      parties[index].port = port
    }
    mode(3, floor)
    let senders = parties.map { _ in FuzzSender(FuzzFloor.peer) }
    let stranger = FuzzSender(FuzzFloor.stranger)
    for record in FuzzRecords(input) {
      let index = Int(record.kind & 3) % parties.count
      switch record.kind >> 2 & 7 {
      case 0: senders[index].send(packet(record.bytes, &parties[index]), to: parties[index].port)
      case 1: senders[index].send(record.bytes, to: parties[index].port)
      case 2: senders[index].send(record.bytes, to: parties[index].port + 1)
      case 3: stranger.send(packet(record.bytes, &parties[index]), to: parties[index].port)
      case 4: stranger.send(record.bytes, to: parties[index].port + 1)
      case 5: mode(record.kind >> 5, floor)
      case 6:
        let direction = ["sendrecv", "sendonly", "recvonly", "inactive"][Int(record.kind >> 5) & 3]
        _ = floor.join(
          parties[index].id, parties[index].role, .rtp, sdp: sdp(parties[index].formats, direction: direction)
        )
      default: parties[index].payloadType = [0, 8, 9, 13, 96, 101][Int(record.kind >> 5) % 6]
      }
      floor.advance(Int(record.kind >> 5) * 10)
      floor.settle()
      for sender in senders { sender.discard() }
      precondition(!stranger.hasReceived, "something went out to a stranger")
    }
    floor.close()
  }

  /// The next packet of a party's stream; its first byte says how far the numbers go.
  private static func packet(_ bytes: [UInt8], _ party: inout Party) -> [UInt8] {
    let step = Int8(bitPattern: bytes.first ?? 1)
    party.sequence &+= UInt16(truncatingIfNeeded: Int(step))
    party.timestamp &+= UInt32(truncatingIfNeeded: Int(step) * 160)
    let header = RTPHeader(
      payloadType: party.payloadType, marker: step == 7, sequence: party.sequence, timestamp: party.timestamp,
      ssrc: UInt32(party.port) + (step == 9 ? 1 : 0))
    return header.packet(Array(bytes.dropFirst()))
  }

  private static func mode(_ mode: UInt8, _ floor: FuzzFloor) {
    let (customer, agent, supervisor) = (FuzzFloor.customer, FuzzFloor.agent, FuzzFloor.supervisor)
    let talk = [(customer, agent), (agent, customer)]
    let listen = talk + [(customer, supervisor), (agent, supervisor)]
    switch mode & 7 {
    case 0: floor.apply([])
    case 1: floor.apply(talk)
    case 2: floor.apply(listen)
    case 4: floor.apply(listen + [(supervisor, agent)])
    case 5: floor.apply([(ParticipantID.player, customer), (supervisor, agent)])
    case 6: floor.apply([(customer, supervisor), (supervisor, customer)])
    default: floor.apply(listen + [(supervisor, agent), (supervisor, customer)])
    }
  }
}
