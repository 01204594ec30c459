/// What two parties agreed on for one audio stream: all that media needs of an offer and its answer.
package struct AudioNegotiation: Hashable, Sendable {
  /// The encoding, under the number that the remote party gave it.
  package var codec: AudioFormat
  /// The number that the remote party sends the encoding with; the same one but where an answer differs from our
  /// offer.
  package var localPayloadType: UInt8
  /// The number for keys (RFC 4733) that we send to the remote party; nil if it takes none.
  package var telephoneEventPayloadType: UInt8?
  /// The number for keys that the remote party sends; the same one but where an answer differs from our
  /// offer.
  package var localTelephoneEventPayloadType: UInt8?
  /// Whether the remote party takes comfort noise (RFC 3389, payload type 13).
  package var comfortNoise: Bool
  /// Packet length in ms, 10 … 60.
  package var ptime: Int
  /// Numeric.
  package var remoteAddress: String
  package var remotePort: UInt16
  package var remoteRTCPPort: UInt16
  /// RTP and RTCP share a port on both sides.
  package var rtcpMux: Bool
  /// As the remote party sees it.
  package var remoteDirection: SDPDirection
  /// As we see it: what we may send and receive.
  package var localDirection: SDPDirection
  /// Of a browser: what it says of ICE and DTLS. Address and ports mean nothing then.
  package var browser: BrowserTransport?
  /// The keys of both, where they stand in the descriptions (RFC 4568); nil: what is sent can be read by anybody.
  package var crypto: CryptoAgreement?

  package init(
    codec: AudioFormat, telephoneEventPayloadType: UInt8?, localTelephoneEventPayloadType: UInt8?,
    comfortNoise: Bool, ptime: Int,
    remoteAddress: String, remotePort: UInt16, remoteRTCPPort: UInt16, rtcpMux: Bool,
    remoteDirection: SDPDirection, localDirection: SDPDirection
  ) {
    self.codec = codec
    localPayloadType = codec.payloadType
    self.telephoneEventPayloadType = telephoneEventPayloadType
    self.localTelephoneEventPayloadType = localTelephoneEventPayloadType
    self.comfortNoise = comfortNoise
    self.ptime = ptime
    self.remoteAddress = remoteAddress
    self.remotePort = remotePort
    self.remoteRTCPPort = remoteRTCPPort
    self.rtcpMux = rtcpMux
    self.remoteDirection = remoteDirection
    self.localDirection = localDirection
  }

  /// The remote party does not listen: it has put us on hold.
  package var isHeldByRemote: Bool { !remoteDirection.receives }
}

/// Our side of an audio stream, as the caller wants it described.
package struct LocalAudio: Hashable, Sendable {
  /// Numeric address that the remote party is to send to.
  package var address: String
  package var port: UInt16
  /// nil: the port above, or the same if multiplexed.
  package var rtcpPort: UInt16?
  package var rtcpMux = false
  /// Encodings, keys and comfort noise that we take, best first.
  package var supported: [AudioFormat] = [.pcmu, .pcma, .telephoneEvent]
  /// ms; an offer's own wish goes before it in the answer.
  package var ptime = 20
  package var direction = SDPDirection.sendrecv
  /// Our side of a browser's transport; nil for plain RTP.
  package var browser: BrowserTransport?
  /// What our keys are made of: random bytes, as many as the longest suite needs. Empty: no keys in descriptions.
  package var secret: [UInt8] = []
  /// The line of ours that an offer repeats, where keys are agreed already.
  package var crypto: CryptoAttribute?
  /// Of what is offered, the first of `supported` is taken, not the offer's first.
  package var hasOwnOrder = false
  /// The id of the session in the `o=` line: digits.
  package var sessionID: String
  package var version: UInt64 = 1

  package init(
    address: String, port: UInt16, sessionID: String,
    supported: [AudioFormat] = [.pcmu, .pcma, .telephoneEvent],
    direction: SDPDirection = .sendrecv, ptime: Int = 20
  ) {
    self.address = address
    self.port = port
    self.sessionID = sessionID
    self.supported = supported
    self.direction = direction
    self.ptime = ptime
  }
}

/// Why an offer or answer leads to no sound. All of them are 488 (Not Acceptable Here) in SIP.
package enum OfferAnswerError: Error, Hashable, Sendable, CustomStringConvertible {
  case noAudio
  case refused
  case noCommonCodec(offered: [String], supported: [String])
  case unsupportedTransport(String)
  case unusableAddress(String)
  /// What a browser's description lacks.
  case unusableTransport(String)
  case wrongSetup(String)
  /// Keys are wanted, and none of the lines can be used.
  case noUsableKeys

  package var description: String {
    switch self {
    case .noAudio: "the SDP has no audio stream with a port; add an m=audio line"
    case .refused: "the answer refuses the audio stream (port 0); nothing to be heard on this leg"
    case .noCommonCodec(let offered, let supported):
      "no common codec: offered \(offered.joined(separator: ", ")); "
        + "allow one of \(supported.joined(separator: ", "))"
    case .unsupportedTransport(let transport):
      "audio over \(transport) is not supported here; offer RTP/AVP or RTP/SAVP from a telephone, "
        + "UDP/TLS/RTP/SAVPF from a browser"
    case .unusableTransport(let missing): "the audio stream has no usable \(missing); browsers write it"
    case .noUsableKeys:
      "no a=crypto line that can be used; offer one key without an MKI for "
        + CryptoAttribute.Suite.allCases.map(\.rawValue).joined(separator: " or ")
    case .wrongSetup(let setup):
      "a=setup:\(setup), but Earshot waits for DTLS; offer actpass or active, answer active"
    case .unusableAddress(let address):
      "\(address.isEmpty ? "no address" : address) to send audio to; give a numeric unicast address in c="
    }
  }
}
