/// What is fuzzed: everything that reads bytes of strangers. Each is a function of its input alone, so that an input
/// that was found once shows the same fault again.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// RTP headers, keys, sequence numbers.
  case rtp
  case rtcp
  /// SRTP and SRTCP, sealed and opened.
  case srtp
  case sdp
  case stun
  /// Datagrams at the sockets of a call's telephones, strangers' among them.
  case media
  /// Datagrams at the port of browsers, told apart by their first byte.
  case browser
  /// SIP messages, and the map from their headers to what is known of a call.
  case sip
  /// The configuration's JSON5.
  case config
  /// JSON of the API, and what agents' pages say.
  case json
  /// Messages of WebSockets, put together from their frames.
  case frames

  /// Ends the process at a fault. What is merely refused is no fault.
  package func run(_ input: UnsafeRawBufferPointer) {
    switch self {
    case .rtp: RTPFuzz.run(input)
    case .rtcp: RTCPFuzz.run(input)
    case .srtp: SRTPFuzz.run(input)
    case .sdp: SDPFuzz.run(input)
    case .stun: STUNFuzz.run(input)
    case .media: MediaFuzz.run(input)
    case .browser: BrowserFuzz.run(input)
    case .sip: SIPFuzz.run(input)
    case .config: ConfigFuzz.run(input)
    case .json: JSONFuzz.run(input)
    case .frames: FramesFuzz.run(input)
    }
  }
}
