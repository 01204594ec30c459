import Audio
import CLinux
import Glibc
import RTP

@testable import Media

/// What came at a phone.
struct Heard: Equatable {
  var header: RTPHeader
  var payload: [UInt8]
}

/// A telephone of nothing but a socket pair: it sends what the test says, when the test says it.
final class TestPhone {
  let rtp: UDPSocket
  let rtcp: UDPSocket
  let port: UInt16
  let law: G711Law
  let ssrc: UInt32
  var sequence: UInt16
  var timestamp: UInt32
  var remote = SocketAddress()
  private let bytes = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 16)

  static let host = "127.0.0.1"

  init(port: UInt16, law: G711Law = .mu) throws {
    self.port = port
    self.law = law
    rtp = try UDPSocket(bind: SocketAddress(Self.host, port: port) ?? SocketAddress())
    rtcp = try UDPSocket(bind: SocketAddress(Self.host, port: port + 1) ?? SocketAddress())
    ssrc = UInt32(port) << 8 | 0x11
    sequence = UInt16.max - 20
    timestamp = UInt32.max - 3_000
  }

  deinit {
    var sockets = [rtp, rtcp]
    sockets[0].close()
    sockets[1].close()
    bytes.deallocate()
  }

  func sdp(direction: String = "sendrecv", ptime: Int = 20, codecs: String? = nil, extra: String = "")
    -> String
  {
    let formats = codecs ?? (law == .mu ? "0 101" : "8 101")
    return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
      + "m=audio \(port) RTP/AVP \(formats)\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:\(ptime)\r\n"
      + "a=\(direction)\r\n\(extra)"
  }

  /// Learns from a description where to send.
  func take(_ sdp: String) throws {
    let description = try SessionDescription(parsing: sdp)
    remote = SocketAddress(Self.host, port: description.media[0].port) ?? SocketAddress()
  }

  /// Sends the next packet of its stream.
  @discardableResult
  func send(
    _ payload: [UInt8], payloadType: UInt8? = nil, marker: Bool = false, samples: Int? = nil
  ) -> RTPHeader {
    let header = RTPHeader(
      payloadType: payloadType ?? law.payloadType, marker: marker, sequence: sequence, timestamp: timestamp,
      ssrc: ssrc)
    send(packet: header.packet(payload))
    sequence &+= 1
    timestamp &+= UInt32(samples ?? payload.count)
    return header
  }

  func send(packet: [UInt8]) {
    packet.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { _ = rtp.send(base, count: buffer.count, to: remote) }
    }
  }

  /// One telephone-event packet of the press that began at the present timestamp.
  func press(_ digit: Digit, duration: UInt16, isEnd: Bool = false) {
    var payload = [UInt8](repeating: 0, count: TelephoneEvent.length)
    payload.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress {
        TelephoneEvent(digit, isEnd: isEnd, duration: duration).write(base)
      }
    }
    send(payload, payloadType: 101, marker: duration == 160, samples: 0)
  }

  /// Waits for the next packet; nil if none comes within that many ms.
  func receive(within timeout: Int32 = 2_000) -> Heard? {
    guard let count = wait(rtp, timeout) else { return nil }
    let packet = Array(UnsafeRawBufferPointer(start: bytes, count: count))
    guard let header = RTPHeader.parse(packet) else { return nil }
    let payload = packet[header.payloadOffset..<(header.payloadOffset + header.payloadLength)]
    return Heard(header: header, payload: Array(payload))
  }

  /// The next datagram as it came.
  func rawReceive(within timeout: Int32 = 2_000) -> [UInt8]? {
    wait(rtp, timeout).map { Array(UnsafeRawBufferPointer(start: bytes, count: $0)) }
  }

  /// Waits for RTCP on the odd port.
  func receiveReport(within timeout: Int32 = 2_000, about source: UInt32) -> RTCP.Received? {
    guard let count = wait(rtcp, timeout) else { return nil }
    return RTCP.parse(bytes, count: count, reportOn: source)
  }

  func sendReport(_ write: (UnsafeMutableRawPointer, Int) -> Int) {
    let count = write(bytes, 2_048)
    _ = rtcp.send(bytes, count: count, to: remote.with(port: remote.port + 1))
  }

  /// Everything that has come so far.
  func receiveAll() -> [Heard] {
    var all: [Heard] = []
    while let heard = receive(within: 0) { all.append(heard) }
    return all
  }

  private func wait(_ socket: UDPSocket, _ timeout: Int32) -> Int? {
    var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, timeout) == 1 else { return nil }
    let count = socket.receive(bytes, capacity: 2_048)
    return count > 0 ? count : nil
  }
}

extension [UInt8] {
  /// Decoded.
  func linear(_ law: G711Law) -> [Int16] { map { G711.decode(law, $0) } }
}

extension [Int16] {
  func encoded(_ law: G711Law) -> [UInt8] { map { G711.encode(law, $0) } }
}
