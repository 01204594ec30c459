/// An audio encoding with the payload type that stands for it in one session.
package struct AudioFormat: Hashable, Sendable {
  /// 0 … 127.
  package var payloadType: UInt8
  /// The encoding name as it came; names are compared without regard to case.
  package var name: String
  /// Hz of the RTP timestamp.
  package var clockRate: Int
  package var channels: Int
  /// What `a=fmtp` says of it.
  package var parameters: String?

  package init(
    payloadType: UInt8, name: String, clockRate: Int, channels: Int = 1, parameters: String? = nil
  ) {
    self.payloadType = payloadType
    self.name = name
    self.clockRate = clockRate
    self.channels = channels
    self.parameters = parameters
  }

  package static let pcmu = AudioFormat(payloadType: 0, name: "PCMU", clockRate: 8_000)
  package static let pcma = AudioFormat(payloadType: 8, name: "PCMA", clockRate: 8_000)
  package static let comfortNoise = AudioFormat(payloadType: 13, name: "CN", clockRate: 8_000)
  package static let telephoneEvent = AudioFormat(
    payloadType: 101, name: "telephone-event", clockRate: 8_000, parameters: "0-16")

  /// The keys on the clock of Opus.
  package static let wideTelephoneEvent = AudioFormat(
    payloadType: 110, name: "telephone-event", clockRate: 48_000, parameters: "0-16")
  package static let g722 = AudioFormat(payloadType: 9, name: "G722", clockRate: 8_000)
  /// RFC 7587: always named with 48,000 Hz and two channels; what we make and want is telephone sound in one.
  package static let opus = AudioFormat(
    payloadType: 111, name: "opus", clockRate: 48_000, channels: 2,
    parameters: "minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=8000;sprop-maxcapturerate=8000")

  /// What a static number means without an `rtpmap` (RFC 3551, table 4); nil for the others.
  package init?(static payloadType: UInt8, parameters: String? = nil) {
    let names: [UInt8: String] = [
      0: "PCMU", 3: "GSM", 4: "G723", 8: "PCMA", 9: "G722", 13: "CN", 15: "G728", 18: "G729",
    ]
    guard let name = names[payloadType] else { return nil }
    self.init(payloadType: payloadType, name: name, clockRate: 8_000, parameters: parameters)
  }

  /// The same between phones, whose packets are passed on as they are: nothing is asked of the other's band.
  package static let fullOpus = AudioFormat(
    payloadType: 111, name: "opus", clockRate: 48_000, channels: 2,
    parameters: "minptime=10;useinbandfec=1;stereo=0")

  /// Of an `rtpmap` value: `name/rate` or `name/rate/channels`.
  package init?(payloadType: UInt8, mapping: String, parameters: String?) {
    let parts = (mapping.split(separator: " ").first ?? "").split(separator: "/")
    guard parts.count == 2 || parts.count == 3, let rate = Int(parts[1]), rate > 0 else { return nil }
    guard let channels = parts.count == 3 ? Int(parts[2]) : 1, channels > 0 else { return nil }
    self.init(
      payloadType: payloadType, name: String(parts[0]), clockRate: rate, channels: channels,
      parameters: parameters)
  }

  /// Whether both name the same encoding, under whatever number.
  package func isSameEncoding(as other: AudioFormat) -> Bool {
    clockRate == other.clockRate && channels == other.channels
      && name.lowercased() == other.name.lowercased()
  }

  package var isTelephoneEvent: Bool { name.lowercased() == "telephone-event" }
  package var isComfortNoise: Bool { name.lowercased() == "cn" }

  /// The value of its `rtpmap`.
  package var mapping: String { channels == 1 ? "\(name)/\(clockRate)" : "\(name)/\(clockRate)/\(channels)" }
}
