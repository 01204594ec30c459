import Supervision

/// All that `Signalling` is told at its start.
package struct SignallingSettings: Sendable {
  /// Local IP address and port to listen on; port 0 for a free one.
  package var address: String
  package var port: UInt16
  /// Whether TCP is spoken beside UDP.
  package var tcp = true
  /// TLS with trunks, at a port of its own; nil: it isn't spoken.
  package var tls: SIPStackSettings.TLS?
  /// Milliseconds after which a TCP connection by which nothing came is closed. Longer than `keepAlive`, by which
  /// the connections of registered phones are kept.
  package var idleConnection = 150_000
  /// The address that peers are told, where it isn't the one that is bound.
  package var advertisedAddress: String?
  /// Realm of digest authentication.
  package var realm: String
  package var trunks: [Trunk]
  package var accounts: [Account]
  /// Further headers than `X-Earshot-*` that trusted trunks may give, lower-case.
  package var mappedHeaders: Set<String> = []
  /// Headers that routing looks at, lower-case.
  package var routingHeaders: Set<String> = []
  /// Shortest and longest registration, seconds.
  package var minimumExpires = 60
  package var maximumExpires = 3600
  /// Hash functions offered to phones, the preferred one first (RFC 8760). MD5 alone by default: phones built on
  /// sofia-sip, among others, give up on a challenge that they don't know instead of taking the next.
  package var digests: [DigestHash] = [.md5]
  /// How long a digest nonce may be used, seconds.
  package var nonceLifetime = 300
  /// Seconds between checks whether the peer of an answered leg is still there, and whether the connection of a phone
  /// that registered over TCP is; 0 for none.
  package var keepAlive = 60
  /// Seconds within which a session is to be refreshed by one of its sides (RFC 4028); 0: we ask for no such timer, but
  /// keep one where the peer asks for it.
  package var sessionExpires = 1_800
  /// Shortest such time that a peer may ask for, seconds. No less than 90 by the RFC.
  package var minimumSession = 90
  /// How many lamps one user's phones may have at once: as many as the keys of a large panel, and some more.
  package var mostLamps = 200
  /// Milliseconds after which an unanswered request counts as failed.
  package var transactionTimeout = 32_000
  /// Milliseconds that a next hop may take to say anything before the next one is tried, or a check counts as
  /// unanswered.
  package var hopPatience = 4_000
  /// Milliseconds that the peer may take to confirm a hang-up before the leg is reported as ended all the same.
  package var farewell = 2_000

  package init(
    address: String, port: UInt16, advertisedAddress: String? = nil, realm: String = "earshot",
    trunks: [Trunk] = [],
    accounts: [Account] = []
  ) {
    self.address = address
    self.port = port
    self.advertisedAddress = advertisedAddress
    self.realm = realm
    self.trunks = trunks
    self.accounts = accounts
  }

  /// A peer that is known by its address.
  package struct Trunk: Hashable, Sendable {
    package var name: String
    package var tenant: TenantID
    /// Where its requests come from. The first trunk that matches counts.
    package var sources: [SourceNetwork]
    /// Where requests to it go, the first that is there: `host` or `host:port`, with `;transport=tcp` or `;transport=tls`
    /// where it isn't UDP. Empty for a trunk that only calls in.
    package var nextHops: [String]
    /// Whether its `X-Earshot-*` headers are believed.
    package var trusted: Bool
    /// What its challenges (401, 407) are met with.
    package var credentials: SIPCredentials?
    /// Seconds of the registrations that are kept at each next hop; nil for none. Needs credentials.
    package var registration: Int?
    /// Seconds between checks (OPTIONS) whether each next hop is there; 0 for none, then each counts as there.
    package var check = 0

    package init(
      name: String, tenant: TenantID, sources: [SourceNetwork], nextHop: String? = nil, trusted: Bool = false
    ) {
      self.name = name
      self.tenant = tenant
      self.sources = sources
      nextHops = nextHop.map { [$0] } ?? []
      self.trusted = trusted
    }
  }

  /// A user whose phone may register. User names are unique across tenants: the phone names no tenant.
  package struct Account: Hashable, Sendable {
    package var user: UserID
    package var tenant: TenantID
    package var password: String

    package init(user: UserID, tenant: TenantID, password: String) {
      self.user = user
      self.tenant = tenant
      self.password = password
    }
  }
}

/// What has happened since the start, and what is there now.
package struct SignallingCounters: Hashable, Sendable {
  /// New INVITEs, refused ones included.
  package var invites: UInt64 = 0
  /// Requests of peers that are neither a trunk nor a user.
  package var strangers: UInt64 = 0
  /// Wrong credentials.
  package var authenticationFailures: UInt64 = 0
  /// Legs that were lost: no ACK, no answer within a dialog.
  package var lost: UInt64 = 0
  /// Calls that went on to another next hop.
  package var failovers: UInt64 = 0
  /// Challenges of trunks that our credentials didn't meet.
  package var refusedCredentials: UInt64 = 0
  package var liveLegs = 0
  package var registrations = 0
  /// Lamps of phones that are kept up to date.
  package var lamps = 0
  /// TCP connections by which registered phones are reached.
  package var flows = 0
  /// Next hops of trunks, and how many of them are there as far as we know.
  package var nextHops = 0
  package var nextHopsUp = 0
  /// Registrations that Earshot is to keep at trunks, and those in force.
  package var trunkRegistrationsWanted = 0
  package var trunkRegistrations = 0
  /// All TCP connections that peers have opened, silent ones included.
  package var connections = 0

  package init() {}
}
