import Supervision

/// Where and as what a `SIPStack` speaks.
package struct SIPStackSettings: Hashable, Sendable {
  /// Local IP address to bind; `0.0.0.0` for all.
  package var address: String
  /// UDP port, and the TCP port with it; 0 for a free one.
  package var port: UInt16
  /// Whether TCP connections are taken and made too.
  package var tcp = false
  /// TLS at a port of its own; nil for none.
  package var tls: TLS?
  /// Milliseconds after which a TCP connection by which nothing came is closed.
  package var idleConnection = 150_000
  /// Lower-case names of further headers that are read of requests, known to the library or not.
  package var readHeaders: Set<String> = []
  /// The address that peers are told (Via, Contact), where it isn't the one that is bound.
  package var advertisedAddress: String?
  package var userAgent: String
  /// Methods that are answered with 405 unless they are here.
  package var allowed: [SIPMethod]
  /// What the Allow header says; nil for `allowed`.
  package var announced: [SIPMethod]?
  /// Extensions that peers are told of (RFC 3261 section 20.37). With `100rel` a 183 is sent reliably to whoever can
  /// have it so, and any provisional answer to whoever insists.
  package var extensions: [SIPExtension] = []
  /// Event packages that may be subscribed to (RFC 6665), `dialog`; any other is answered with 489.
  package var events: [String] = []
  /// Milliseconds after which an unanswered request fails with 408 (64·T1, RFC 3261 section 17.1).
  package var transactionTimeout: Int

  /// TLS with known peers. The library loses memory with each handshake that a peer breaks off, so nobody else may begin one.
  package struct TLS: Hashable, Sendable {
    /// 0 for a free one.
    package var port: UInt16
    /// Holds `agent.pem`, certificate and key, and `cafile.pem`, who vouches for peers.
    package var folder: String
    /// Where connections may come from; from elsewhere the port isn't there.
    package var sources: [IPNetwork]
    /// Whether who connects must have a certificate that is vouched for. Whoever is connected to must, in the name
    /// under which he was asked for.
    package var asksPeers: Bool

    package init(port: UInt16 = 0, folder: String, sources: [IPNetwork], asksPeers: Bool = true) {
      self.port = port
      self.folder = folder
      self.sources = sources
      self.asksPeers = asksPeers
    }
  }

  package init(
    address: String = "127.0.0.1", port: UInt16 = 0, advertisedAddress: String? = nil,
    userAgent: String = "Earshot",
    allowed: [SIPMethod] = [.invite, .ack, .bye, .cancel, .options, .info, .notify, .message],
    announced: [SIPMethod]? = nil, transactionTimeout: Int = 32_000
  ) {
    self.address = address
    self.port = port
    self.advertisedAddress = advertisedAddress
    self.userAgent = userAgent
    self.allowed = allowed
    self.announced = announced
    self.transactionTimeout = transactionTimeout
  }
}

/// An option tag that the stack knows.
package enum SIPExtension: String, Hashable, Sendable {
  /// Reliable provisional answers (RFC 3262).
  case reliableProvisional = "100rel"
  /// Session timers (RFC 4028): kept by the stack's user, not by the stack.
  case sessionTimer = "timer"
  /// A call may take another's place (RFC 3891): done by the stack's user.
  case replaces
}

/// Why a stack couldn't be opened.
package enum SIPStackError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The socket can't be had: address, port and the system's word for it.
  case bind(address: String, port: UInt16, transport: SIPTransport = .udp, cause: String)
  /// The socket was free but the library failed.
  case library(address: String, port: UInt16)
  /// The library takes no certificate from this folder, or nobody can be kept out.
  case tls(folder: String, cause: String)
  case alreadyOpen
  case stopped

  package var description: String {
    switch self {
    case .bind(let address, let port, let transport, let cause):
      "SIP can't listen on \(address):\(port)/\(transport.rawValue): \(cause). Stop what uses it, or choose another address or port."
    case .library(let address, let port):
      "sofia-sip can't start on \(address):\(port). Check that the address is one of this machine's."
    case .tls(let folder, let cause):
      "SIP over TLS can't be spoken with the certificates in \(folder): \(cause). Check signalling.tls."
    case .alreadyOpen: "This SIP stack is open already. Use it, or make another one."
    case .stopped: "This SIP stack was stopped. Make another one."
    }
  }
}
