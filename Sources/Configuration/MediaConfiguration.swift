import Foundation

/// How sound is carried: `media` of the file.
package struct MediaConfiguration: Hashable, Sendable {
  /// IP address that RTP sockets are bound to.
  package var bindAddress = "0.0.0.0"
  /// IP address written into session descriptions. Where it isn't given: `bindAddress`, or if that is a wildcard,
  /// `signalling.advertisedAddress`.
  package var advertisedAddress = ""
  /// UDP ports of RTP and RTCP, both ends included. A leg takes two: RTP even, RTCP the next one.
  package var rtpPorts: ClosedRange<Int> = 20000...29999
  /// Media threads; 0: one per core.
  package var workers = 0
  /// How much quieter the customer is at the agent while a supervisor whispers, dB.
  package var duckingDepth = -12.0
  /// UDP port of browsers' legs, of the first worker; each further worker has the next one. 0: the system chooses.
  package var browserPort = 0
  /// What browsers are offered, the preferred first.
  package var browserCodecs = ["opus", "g722", "pcmu", "pcma"]
  /// What phones and trunks are offered, after the codec of the call's other party; the preferred first.
  package var callCodecs = ["pcmu", "pcma", "g722", "opus"]
  /// Seconds without a valid STUN request after which a browser's leg counts as lost.
  package var stunTimeout = 30
  /// Seconds over which loss, jitter and score of a leg are taken.
  package var qualityInterval = 5
  /// STUN and TURN servers that browsers are told to use.
  package var iceServers: [ICEServerConfiguration] = []

  package init() {}
}

extension MediaConfiguration {
  init(_ reader: SectionReader, signalling: SignallingConfiguration, context: ReadingContext) {
    bindAddress = reader.ipAddress("bindAddress") ?? bindAddress
    let bound = SocketAddress(host: bindAddress, port: 0)
    advertisedAddress =
      reader.ipAddress("advertisedAddress")
      ?? (bound.isWildcard ? signalling.advertisedAddress : bindAddress)
    if !advertisedAddress.isEmpty {
      reader.refuseOtherVersion("advertisedAddress", advertisedAddress, than: bindAddress)
    }
    rtpPorts = Self.ports(reader.section("rtpPorts"), default: rtpPorts)
    workers = reader.integer("workers", in: 0...256, default: workers)
    duckingDepth = reader.number("duckingDepth", in: -40...0, unit: "dB", default: duckingDepth)
    browserPort = reader.integer("browserPort", in: 0...65535, default: browserPort)
    browserCodecs = Self.codecs("browserCodecs", reader, default: browserCodecs)
    callCodecs = Self.codecs("callCodecs", reader, default: callCodecs)
    stunTimeout = reader.integer("stunTimeout", in: 5...300, unit: "s", default: stunTimeout)
    qualityInterval = reader.integer("qualityInterval", in: 1...60, unit: "s", default: qualityInterval)
    iceServers = reader.sections("iceServers").map { ICEServerConfiguration($0, context: context) }
    reader.finish()

    if rtpPorts.contains(signalling.listen.port) {
      reader.fault(
        "rtpPorts", "the range holds the SIP port \(signalling.listen.port).",
        remedy: "Choose a range beside it, for example 20000 to 29999.")
    }
    refuseBrowserPorts(reader, signalling)
  }

  /// Each worker has a port of its own for browsers, one after the other.
  private func refuseBrowserPorts(_ reader: SectionReader, _ signalling: SignallingConfiguration) {
    guard browserPort != 0 else { return }
    let count = workers == 0 ? ProcessInfo.processInfo.activeProcessorCount : workers
    let ports = browserPort...browserPort + count - 1
    let named =
      count == 1
      ? "\(browserPort) lies" : "\(browserPort) to \(ports.upperBound), a port for each worker, lies"
    if browserPort < 1024 || ports.upperBound > 65535 {
      reader.fault(
        "browserPort", "\(named) outside of 1024 to 65535.", remedy: "Choose a port with room for \(count).")
    } else if ports.overlaps(rtpPorts) {
      reader.fault("browserPort", "\(named) within rtpPorts.", remedy: "Choose a port beside that range.")
    } else if ports.contains(signalling.listen.port) {
      reader.fault(
        "browserPort", "\(named) on the SIP port \(signalling.listen.port).", remedy: "Choose another port.")
    }
  }

  private static func codecs(
    _ key: String, _ reader: SectionReader, default codecs: [String]
  ) -> [String] {
    let wanted = reader.texts(key)
    guard reader.has(key) else { return codecs }
    for name in wanted where !codecs.contains(name) {
      reader.fault(
        key, "'\(name)' is not known here.",
        remedy: "Give one or more of \(codecs.joined(separator: ", ")).")
    }
    guard Set(wanted).count == wanted.count, !wanted.isEmpty else {
      reader.fault(
        key, wanted.isEmpty ? "names no codec." : "names a codec twice.",
        remedy: "Name each codec once, the preferred first.")
      return codecs
    }
    return wanted
  }

  private static func ports(_ reader: SectionReader, default range: ClosedRange<Int>) -> ClosedRange<Int> {
    let from = reader.integer("from", in: 1024...65534, default: range.lowerBound)
    let to = reader.integer("to", in: 1025...65535, default: range.upperBound)
    reader.finish()
    guard from % 2 == 0 else {
      reader.fault(
        "from", "\(from) is odd: RTP takes even ports.", remedy: "Give \(from - 1) or \(from + 1).")
      return range
    }
    guard to > from + 2 else {
      reader.fault(
        "to", "\(from) to \(to) leaves no room for one call, which takes four ports.",
        remedy: "Give a larger 'to': four ports a call, two more for each supervisor.")
      return range
    }
    return from...to
  }
}
