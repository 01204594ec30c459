/// One medium of a session: an `m=` line and what follows it.
package struct MediaDescription: Hashable, Sendable {
  package typealias Attribute = SessionDescription.Attribute
  package typealias Connection = SessionDescription.Connection

  /// `audio`, `video`, …
  package var kind: String
  /// 0: refused, or taken away.
  package var port: UInt16
  /// `RTP/AVP` and the like.
  package var transport: String
  /// For RTP: payload types, in the order of preference.
  package var formats: [String]
  /// The `i=` line.
  package var title: String?
  package var connection: Connection?
  /// The `b=` lines, as they came.
  package var bandwidth: [String] = []
  package var attributes: [Attribute] = []

  package init(kind: String, port: UInt16, transport: String, formats: [String]) {
    self.kind = kind
    self.port = port
    self.transport = transport
    self.formats = formats
  }

  /// This medium refused (RFC 3264, section 6): port 0, nothing else but its formats.
  package var refused: MediaDescription {
    MediaDescription(kind: kind, port: 0, transport: transport, formats: formats)
  }

  /// Preferred packet length in ms, if it is given and makes sense (some write a fraction).
  package var packetTime: Int? { milliseconds("ptime") }
  /// The longest packet that is taken, in ms.
  package var maximumPacketTime: Int? { milliseconds("maxptime") }

  private func milliseconds(_ name: String) -> Int? {
    guard let text = attributes.value(of: name) else { return nil }
    guard let value = Int(text.prefix { $0.isASCII && $0.isNumber }), (1...1_000).contains(value) else {
      return nil
    }
    return value
  }

  /// RTP and RTCP on one port (RFC 5761).
  package var isMultiplexed: Bool { attributes.contains("rtcp-mux") }

  /// Where RTCP goes if it is not multiplexed: `a=rtcp` (RFC 3605), or the port above.
  package var controlPort: UInt16 {
    let named = attributes.value(of: "rtcp").flatMap { $0.split(separator: " ").first }
    return named.flatMap { UInt16($0) } ?? (port == .max ? port : port + 1)
  }

  /// The RTP formats, in their order. Formats without a meaning (a dynamic number without `rtpmap`, a number
  /// twice) are left out.
  package var audioFormats: [AudioFormat] {
    var seen = Set<UInt8>()
    return formats.compactMap { text in
      guard let number = UInt8(text), number < 128, seen.insert(number).inserted else { return nil }
      let mapping = attribute("rtpmap", of: text)
      let parameters = attribute("fmtp", of: text)
      guard let mapping else { return AudioFormat(static: number, parameters: parameters) }
      return AudioFormat(payloadType: number, mapping: mapping, parameters: parameters)
    }
  }

  /// The rest of `a=name:format rest`.
  private func attribute(_ name: String, of format: String) -> String? {
    for attribute in attributes where attribute.name == name {
      let parts = (attribute.value ?? "").split(separator: " ", maxSplits: 1)
      if parts.count == 2, parts[0] == format { return String(parts[1]) }
    }
    return nil
  }
}
