import RTP
import TestKit
import Testing

@Suite("Session descriptions")
struct SDPTests {
  static let phone = """
    v=0
    o=alice 2890844526 3 IN IP4 host.example.com
    s=-
    i=a title
    c=IN IP4 192.0.2.10
    b=AS:64
    t=0 0
    k=clear:none
    a=sendrecv
    a=tool:phone 1.0
    m=audio 49170 RTP/AVP 8 0 97 101
    i=voice
    a=rtpmap:8 PCMA/8000
    a=rtpmap:97 opus/48000/2
    a=fmtp:97 useinbandfec=1
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:30
    a=maxptime:60
    a=rtcp:53020 IN IP4 192.0.2.10
    a=rtcp-mux
    a=sendonly
    m=video 51372 RTP/AVP 31
    c=IN IP6 2001:db8::1
    b=AS:500
    a=inactive

    """

  private func problem(_ text: String) -> SDPError? {
    do {
      _ = try SessionDescription(parsing: text)
      return nil
    } catch { return error }
  }

  @Test("S4 a phone's description is read line by line")
  func reading() throws {
    let session = try SessionDescription(parsing: Self.phone)
    #expect(
      session.origin
        == .init(
          username: "alice", sessionID: "2890844526", version: 3,
          address: .init(type: "IP4", address: "host.example.com")))
    #expect(session.connection == .init("192.0.2.10"))
    #expect(session.bandwidth == ["AS:64"] && session.timing == ["0 0"])
    #expect(session.attributes.value(of: "tool") == "phone 1.0")
    #expect(session.media.map(\.kind) == ["audio", "video"])
    let audio = session.media[0]
    #expect(audio.port == 49_170 && audio.transport == "RTP/AVP" && audio.title == "voice")
    #expect(
      audio.audioFormats == [
        AudioFormat.pcma, .pcmu,
        AudioFormat(
          payloadType: 97, name: "opus", clockRate: 48_000, channels: 2, parameters: "useinbandfec=1"),
        AudioFormat(payloadType: 101, name: "telephone-event", clockRate: 8_000, parameters: "0-15"),
      ])
    #expect(audio.packetTime == 30 && audio.maximumPacketTime == 60)
    #expect(audio.isMultiplexed && audio.controlPort == 53_020)
    #expect(session.direction(of: audio) == .sendonly)
    #expect(session.connection(of: session.media[1])?.address == "2001:db8::1")
    #expect(session.direction(of: session.media[1]) == .inactive)
  }

  @Test("S4 what is written is read back, and ends its lines with CR LF")
  func roundTrip() throws {
    let session = try SessionDescription(parsing: Self.phone)
    #expect(session.text.hasPrefix("v=0\r\no=alice 2890844526 3 IN IP4 host.example.com\r\ns=-\r\n"))
    #expect(session.text.hasSuffix("a=inactive\r\n"))
    #expect(try SessionDescription(parsing: session.text) == session)
  }

  @Test(
    "S1 the direction is the medium's, else the session's, else both ways; an unspecified address is a hold")
  func direction() throws {
    func direction(_ connection: String, session: String, medium: String) throws -> SDPDirection {
      let text = """
        v=0
        o=- 1 1 IN IP4 192.0.2.1
        c=IN \(connection)
        \(session)
        m=audio 4000 RTP/AVP 0
        \(medium)
        """
      let description = try SessionDescription(parsing: text)
      return description.direction(of: description.media[0])
    }
    #expect(try direction("IP4 192.0.2.1", session: "", medium: "") == .sendrecv)
    #expect(try direction("IP4 192.0.2.1", session: "a=recvonly", medium: "") == .recvonly)
    #expect(try direction("IP4 192.0.2.1", session: "a=recvonly", medium: "a=sendonly") == .sendonly)
    #expect(try direction("IP4 0.0.0.0", session: "", medium: "a=sendrecv") == .inactive)
    #expect(try direction("IP6 0::0", session: "", medium: "") == .inactive)
  }

  @Test("S1 directions mirror and limit each other")
  func directions() {
    #expect(SDPDirection.allCases.map(\.mirrored) == [.sendrecv, .recvonly, .sendonly, .inactive])
    #expect(SDPDirection.sendonly.limited(to: .recvonly) == .inactive)
    for direction in SDPDirection.allCases {
      #expect(direction.mirrored.mirrored == direction)
      #expect(direction.limited(to: .sendrecv) == direction)
      #expect(direction.limited(to: .inactive) == .inactive)
    }
  }

  @Test(
    "X4 a fault is named with its line",
    arguments: [
      ("", 0, "empty"), ("\r\n\r\n", 0, "empty"), ("o=- 1 1 IN IP4 1.2.3.4", 1, "starts otherwise"),
      ("v=1", 1, "starts otherwise"), ("v=0\r\nv=0", 2, "second v="), ("v=0\ns=-\n", 0, "no o= line"),
      ("v=0\nnonsense", 2, "no \"x=\""), ("v=0\no", 2, "no \"x=\""),
      ("v=0\no=- 1 1 IN IP4", 2, "o= line"), ("v=0\no=- 1 one IN IP4 1.2.3.4", 2, "o= line"),
      ("v=0\no=- 1 1 ATM NSAP 47", 2, "internet address"), ("v=0\nc=IN IP5 1.2.3.4", 2, "internet address"),
      ("v=0\nm=audio RTP/AVP 0", 2, "m= line"), ("v=0\nm=audio 65536 RTP/AVP 0", 2, "m= line"),
      ("v=0\nm=audio -1 RTP/AVP 0", 2, "m= line"), ("v=0\nm=audio / RTP/AVP 0", 2, "m= line"),
      ("v=0\ns=a\u{0}b", 2, "control character"), ("v=0\ns=a\rb", 2, "control character"),
    ])
  func faults(text: String, line: Int, problem expected: String) {
    let error = problem(text)
    #expect(error?.line == line)
    #expect(error?.problem.contains(expected) == true)
    #expect(error?.remedy.isEmpty == false)
  }

  @Test("X4 size, lines and media are limited")
  func limits() {
    let start = "v=0\no=- 1 1 IN IP4 192.0.2.1\n"
    #expect(problem(start + String(repeating: "a", count: 65_536))?.line == 0)
    #expect(problem(start + String(repeating: "a=x\n", count: 2_000))?.problem == "too many lines")
    #expect(problem(start + String(repeating: "m=audio 1 RTP/AVP 0\n", count: 33))?.line == 35)
    #expect(problem(start + String(repeating: "a=x\n", count: 1_990)) == nil)
  }

  @Test("X4 odd formats, packet times and ports are passed over")
  func oddities() throws {
    var medium = MediaDescription(
      kind: "audio", port: 65_535, transport: "RTP/AVP",
      formats: ["x", "300", "0", "0", "96", "97", "98", "13"])
    medium.attributes = [
      .init("rtpmap", "97 PCMU"), .init("rtpmap", "98 PCMA/8000 "), .init("rtpmap"), .init("fmtp", "0"),
      .init("ptime", "99999"), .init("maxptime", "20.5"), .init("rtcp", "none"),
    ]
    #expect(medium.audioFormats.map(\.payloadType) == [0, 98, 13])
    #expect(medium.packetTime == nil && medium.maximumPacketTime == 20)
    #expect(medium.controlPort == 65_535)
  }

  @Test("S4 a changed description is the session's next version, an unchanged one the same")
  func versions() throws {
    let first = try SessionDescription(parsing: Self.phone)
    var next = first
    next.origin.sessionID = "77"
    next.origin.version = 0
    #expect(next.revised(after: first) == first)
    next.media[0].port = 4_000
    #expect(next.revised(after: first).origin.version == 4)
    #expect(next.revised(after: first).origin.sessionID == "2890844526")
  }

  @Test("X4 100,000 damaged descriptions are read or refused; what is read can be written and read again")
  func hostile() throws {
    var random = SeededGenerator(seed: 11)
    let valid = Array(
      "v=0\no=- 1 1 IN IP4 1.2.3.4\nc=IN IP4 1.2.3.4\nm=audio 4 RTP/AVP 0 8\na=rtpmap:8 PCMA/8000\na=ptime:20\n"
        .utf8)
    var read = 0
    for round in 0..<100_000 {
      var bytes = round % 10 == 0 ? random.bytes(upTo: 100) : valid
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let position = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[position] = .random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: position)
        default: bytes.insert(contentsOf: bytes[position...].prefix(9), at: 0)
        }
      }
      guard let session = try? SessionDescription(parsing: String(decoding: bytes, as: UTF8.self)) else {
        continue
      }
      read += 1
      for medium in session.media { _ = (medium.audioFormats, medium.packetTime, medium.controlPort) }
      if round % 20 == 1 { #expect(try SessionDescription(parsing: session.text) == session) }
    }
    #expect((1_000..<99_000).contains(read))
  }
}
