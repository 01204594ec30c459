import RTP

/// How the media plane is to be set up.
package struct MediaSettings: Hashable, Sendable {
  /// Numeric address that RTP sockets are bound to.
  package var bindAddress: String
  /// Numeric address that peers are told to send to.
  package var advertisedAddress: String
  /// Ports of RTP (even) and RTCP (odd): two for each leg.
  package var ports: ClosedRange<UInt16>
  /// Worker threads.
  package var workers: Int
  /// Packet length in ms where the parties leave it to us, 10 … 60.
  package var ptime = 20
  /// How far the customer is lowered at the agent while a supervisor speaks, in dB (M9).
  package var duckingDepth = -12.0
  /// Mean time between RTCP reports of a leg, in ms.
  package var reportInterval = 5_000
  /// UDP port of the first worker's browsers; the next worker has the next one, and so on. 0: one of `ports`.
  package var browserPort: UInt16 = 0
  /// What is agreed with browsers, best first: as far as the other party of a call leaves it open.
  package var browserCodecs = CodecName.allCases
  /// What is agreed with phones and trunks. An offer of theirs is answered in their order; in ours stand the other party's
  /// codec, then these.
  package var callCodecs: [CodecName] = [.pcmu, .pcma, .g722, .opus]
  /// Without a valid STUN check for so long a browser is lost, in ms (RFC 7675).
  package var stunTimeout = 30_000
  /// Between two `MediaEvent.levels` of a call, in ms; 0: none.
  package var levelInterval = 100
  /// Over how long loss, jitter and round trip of a leg are taken for a `MediaEvent.quality`, in ms; 0: none is given.
  package var qualityInterval = 5_000

  /// Whether sound can be sent to that numeric address: a socket of IPv4 reaches no IPv6, and one of IPv6 reaches IPv4
  /// only if it is bound to all addresses.
  func reaches(_ address: String) -> Bool {
    guard let own = SocketAddress(bindAddress, port: 0), let remote = SocketAddress(address, port: 0) else {
      return false
    }
    return own.isIPv4 == remote.isIPv4 || (!own.isIPv4 && own.isUnspecified)
  }

  package init(
    bindAddress: String, advertisedAddress: String, ports: ClosedRange<UInt16> = 20_000...29_999,
    workers: Int
  ) {
    self.bindAddress = bindAddress
    self.advertisedAddress = advertisedAddress
    self.ports = ports
    self.workers = workers
  }
}

extension MediaSettings {
  var callFormats: [AudioFormat] { callCodecs.map(\.format) }
  var browserFormats: [AudioFormat] { browserCodecs.map(\.browserFormat) }
}

/// A codec of calls. The raw values are the names in the configuration.
package enum CodecName: String, Hashable, Sendable, CaseIterable {
  case opus, g722, pcmu, pcma

  /// As a phone or trunk is offered it.
  var format: AudioFormat { self == .opus ? .fullOpus : browserFormat }

  /// As a browser is offered it.
  var browserFormat: AudioFormat {
    switch self {
    case .opus: .opus
    case .g722: .g722
    case .pcmu: .pcmu
    case .pcma: .pcma
    }
  }
}

/// Why the media plane, or a leg of it, can't be set up: what, where, and the remedy.
package enum MediaSetupError: Error, Hashable, Sendable, CustomStringConvertible {
  case badAddress(String)
  case badPortRange(ClosedRange<UInt16>)
  case badWorkers(Int)
  case badPacketTime(Int)
  case badBrowserPort(UInt16, workers: Int)
  case badBrowserCodecs
  case badCallCodecs
  case badStunTimeout(Int)
  case noPort(pairs: Int, String?)
  case noLeg(capacity: Int)
  case system(String)

  package var description: String {
    switch self {
    case .badAddress(let text):
      "media address \"\(text)\" is not a numeric IP address; give one that this host has, for example 192.0.2.10"
    case .badPortRange(let range):
      "media ports \(range.lowerBound)-\(range.upperBound) hold no pair of an even port from 1024 and the odd one "
        + "above it; give a range such as 20000-29999"
    case .badWorkers(let count):
      "\(count) media workers; give a number from 1 to 256, usually that of the cores"
    case .badPacketTime(let ptime): "packet time of \(ptime) ms; give 10 to 60, usually 20"
    case .badBrowserPort(let port, let workers):
      "browser port \(port) with \(workers) workers; give one from 1024 so that \(workers) in a row are free and "
        + "outside the range of media ports, or 0"
    case .badBrowserCodecs: "no codec for browsers; name at least one of opus, g722, pcmu, pcma"
    case .badCallCodecs: "no codec for phones and trunks; name at least one of pcmu, pcma, g722, opus"
    case .badStunTimeout(let timeout): "STUN timeout of \(timeout) ms; give 5000 to 300000, usually 30000"
    case .noPort(let pairs, let why):
      "none of \(pairs) RTP port pairs is free\(why.map { " (\($0))" } ?? ""); widen the range of media ports"
    case .noLeg(let capacity): "the media worker holds \(capacity) legs already; add workers"
    case .system(let failure): "\(failure); check the limit of open descriptors (ulimit -n) and the address"
    }
  }
}
