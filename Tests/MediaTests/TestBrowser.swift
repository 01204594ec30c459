import Audio
import CLinux
import COpenSSL
import Glibc
import RTP
import Testing

@testable import Media

/// A browser of nothing but a socket: the controlling side of ICE, a DTLS client of OpenSSL's, and SRTP. It does what the
/// test says, when the test says it.
final class TestBrowser {
  let socket: UDPSocket
  let port: UInt16
  let ssrc: UInt32
  var fragment: String
  var password = "browserpasswordbrowserpw"
  /// What the description says; the certificate's own unless a test lies.
  var fingerprint: [UInt8]
  var remote = SocketAddress()
  var answer: BrowserTransport?
  var sequence: UInt16 = 1_000
  var timestamp: UInt32 = 70_000
  var payloadType: UInt8 = 0
  private(set) var sealing: SRTPStream?
  private(set) var opening: SRTPStream?
  private(set) var profile: SRTPProfile?
  private var ssl: OpaquePointer?
  private let context: OpaquePointer?
  private let pipe: UnsafeMutablePointer<DTLSPipe>
  private let bytes = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 16)

  /// - Parameter profiles: of SRTP, as OpenSSL names them.
  init(port: UInt16, profiles: String = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") throws {
    self.port = port
    ssrc = UInt32(port) << 8 | 0x22
    fragment = "frag\(port)"
    socket = try UDPSocket(bind: SocketAddress("127.0.0.1", port: port) ?? SocketAddress())
    context = SSL_CTX_new(DTLS_client_method())
    let key = earshot_generate_p256()
    let certificate = X509_new()
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60)
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3_600)
    X509_set_pubkey(certificate, key)
    X509_sign(certificate, key, EVP_sha256())
    fingerprint = DTLSIdentity.fingerprint(of: certificate)
    SSL_CTX_use_certificate(context, certificate)
    SSL_CTX_use_PrivateKey(context, key)
    SSL_CTX_set_tlsext_use_srtp(context, profiles)
    X509_free(certificate)
    EVP_PKEY_free(key)
    pipe = .allocate(capacity: 1)
    pipe.initialize(to: DTLSPipe(socket: socket))
  }

  deinit {
    SSL_free(ssl)
    SSL_CTX_free(context)
    pipe.deallocate()
    var socket = socket
    socket.close()
    bytes.deallocate()
  }

  func sdp(
    codecs: String = "0 126", direction: String = "sendrecv", setup: String = "actpass", without: String = "!"
  ) -> String {
    let transport = BrowserTransport(
      fragment: fragment, password: password, fingerprint: fingerprint, setup: .actpass)
    let lines = [
      "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
      "m=audio 9 UDP/TLS/RTP/SAVPF \(codecs)", "c=IN IP4 0.0.0.0", "a=mid:0", "a=rtcp-mux",
      "a=ice-ufrag:\(fragment)", "a=ice-pwd:\(password)", "a=fingerprint:\(transport.fingerprintText)",
      "a=setup:\(setup)", "a=\(direction)", "a=rtpmap:111 opus/48000/2",
      "a=fmtp:111 minptime=10;useinbandfec=1",
      "a=rtpmap:110 telephone-event/48000", "a=rtpmap:126 telephone-event/8000",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:1",
    ]
    return lines.filter { !$0.hasPrefix(without) }.joined(separator: "\r\n") + "\r\n"
  }

  func take(_ sdp: String) throws {
    let description = try SessionDescription(parsing: sdp)
    let medium = try #require(description.media.first { $0.port != 0 })
    answer = try BrowserTransport(of: medium, in: description)
    payloadType = medium.audioFormats.first?.payloadType ?? 0
    remote = SocketAddress("127.0.0.1", port: medium.port) ?? SocketAddress()
    pipe.pointee.peer = remote
  }

  // MARK: ICE

  /// A check as a browser sends it, by default right in everything.
  func check(username: String? = nil, password: String? = nil, nominates: Bool = true, integrity: Bool = true)
    -> [UInt8]
  {
    let transaction = (0..<12).map { _ in UInt8.random(in: 0...255) }
    var request = STUNWriter(kind: STUNMessage.Kind.bindingRequest, transaction: transaction)
    request.add(
      STUNMessage.Attribute.username, Array((username ?? "\(answer?.fragment ?? ""):\(fragment)").utf8))
    request.add(STUNMessage.Attribute.iceControlling, [1, 2, 3, 4, 5, 6, 7, 8])
    request.add(STUNMessage.Attribute.priority, [0x6E, 0, 1, 0xFF])
    if nominates { request.add(STUNMessage.Attribute.useCandidate) }
    if integrity {
      request.addIntegrity { ICECredentials.authenticate($0, password: password ?? answer?.password ?? "") }
    }
    request.addFingerprint()
    return request.bytes
  }

  func send(raw packet: [UInt8]) {
    packet.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { _ = socket.send(base, count: buffer.count, to: remote) }
    }
  }

  /// The answer to the next check that comes.
  func stunAnswer(within timeout: Int32 = 2_000) -> STUNMessage? {
    while let packet = rawReceive(within: timeout) {
      if packet[0] < 4 {
        return packet.withUnsafeBytes { STUNMessage.parse($0.baseAddress!, count: $0.count) }
      }
    }
    return nil
  }

  // MARK: DTLS

  /// The whole handshake; false if the other side breaks it off or says nothing.
  func handshake(resends: Int = 3) -> Bool {
    SSL_free(ssl)
    let ssl = SSL_new(context)
    self.ssl = ssl
    let bio = DTLSPipe.makeBIO(pipe)
    SSL_set_bio(ssl, bio, bio)
    SSL_set_connect_state(ssl)
    earshot_dtls_set_mtu(ssl, 1_200)
    var result = SSL_do_handshake(ssl)
    while result != 1 {
      guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, let packet = rawReceive(within: 2_000) else {
        return false
      }
      guard packet[0] >= 20, packet[0] < 64 else { continue }
      result = feed(packet) { SSL_do_handshake(ssl) }
    }
    guard let chosen = SSL_get_selected_srtp_profile(ssl),
      let profile = SRTPProfile(rawValue: String(cString: chosen.pointee.name))
    else { return false }
    self.profile = profile
    var exported = [UInt8](repeating: 0, count: profile.exportLength)
    SSL_export_keying_material(ssl, &exported, exported.count, "EXTRACTOR-dtls_srtp", 19, nil, 0, 0)
    let masters = profile.split(exported)
    sealing = SRTPStream(profile, masters.client, isSealing: true)
    opening = SRTPStream(profile, masters.server, isSealing: false)
    return true
  }

  private func feed(_ packet: [UInt8], _ body: () -> Int32) -> Int32 {
    packet.withUnsafeBytes { buffer in
      pipe.pointee.input = buffer.baseAddress
      pipe.pointee.inputCount = buffer.count
      return body()
    }
  }

  func sayGoodbye() { SSL_shutdown(ssl) }

  // MARK: Sound

  /// The next packet of its stream, sealed.
  @discardableResult
  func sealed(_ payload: [UInt8], payloadType: UInt8? = nil, marker: Bool = false, ticks: Int? = nil)
    -> [UInt8]
  {
    let header = RTPHeader(
      payloadType: payloadType ?? self.payloadType, marker: marker, sequence: sequence, timestamp: timestamp,
      ssrc: ssrc)
    sequence &+= 1
    timestamp &+= UInt32(ticks ?? payload.count)
    var packet = header.packet(payload) + [UInt8](repeating: 0, count: SRTPStream.mostOverhead)
    let count = packet.withUnsafeMutableBytes { buffer in
      sealing?.seal(buffer.baseAddress!, count: buffer.count - SRTPStream.mostOverhead) ?? 0
    }
    return Array(packet[0..<count])
  }

  func send(_ payload: [UInt8], payloadType: UInt8? = nil, marker: Bool = false, ticks: Int? = nil) {
    send(raw: sealed(payload, payloadType: payloadType, marker: marker, ticks: ticks))
  }

  /// The next packet of sound or keys, opened.
  func receive(within timeout: Int32 = 2_000) -> Heard? {
    while let packet = rawReceive(within: timeout) {
      guard packet[0] >= 128, !(192...223).contains(packet[1]) else { continue }
      var copy = packet
      let count = copy.withUnsafeMutableBytes { opening?.open($0.baseAddress!, count: $0.count) ?? 0 }
      guard count > 0, let header = RTPHeader.parse(Array(copy[0..<count])) else { continue }
      return Heard(header: header, payload: Array(copy[header.payloadOffset..<count]))
    }
    return nil
  }

  func receiveAll() -> [Heard] {
    var all: [Heard] = []
    while let heard = receive(within: 0) { all.append(heard) }
    return all
  }

  /// The next datagram as it came.
  func rawReceive(within timeout: Int32 = 2_000) -> [UInt8]? {
    var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, timeout) == 1 else { return nil }
    let count = socket.receive(bytes, capacity: 4_096)
    return count > 0 ? Array(UnsafeRawBufferPointer(start: bytes, count: count)) : nil
  }
}
