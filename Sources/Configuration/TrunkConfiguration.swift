import Supervision

/// A PBX, SBC or carrier: an element of `trunks`.
package struct TrunkConfiguration: Hashable, Sendable {
  package enum Learning: String, Hashable, Sendable, CaseIterable {
    /// Sound is taken from the signalled address or that of the signalling alone.
    case signalled
    /// Sound is taken from whoever sends first. Only for peers behind NAT that can't do better.
    case any
  }

  package var name: String
  package var tenant: TenantID
  /// Where its requests come from.
  package var addresses: [IPNetwork] = []
  /// Where requests to it are sent, the first that is there; empty: calls come from it only.
  package var nextHops: [NextHopConfiguration] = []
  /// Seconds between checks (OPTIONS) of each next hop; 0: they aren't checked.
  package var check = 0
  /// What its challenges are answered with; nil: none are.
  package var credentials: Credentials?
  /// Seconds of the registration that Earshot keeps at each next hop; nil: none.
  package var registration: Int?
  /// Whether its `X-Earshot-*` headers are believed.
  package var trusted = false
  package var learn = Learning.signalled
  /// Whether its side of a call is the customer's; false for a PBX behind which the agents sit.
  package var customerSide = true

  package struct Credentials: Hashable, Sendable {
    package var username: String
    package var password: String

    package init(username: String, password: String) {
      self.username = username
      self.password = password
    }
  }

  package init(name: String, tenant: TenantID) {
    self.name = name
    self.tenant = tenant
  }
}

extension TrunkConfiguration {
  /// Seconds between checks where there is more than one next hop. A single one isn't checked unless that is asked
  /// for: there would be nothing to choose, and some peers answer no OPTIONS.
  private static let usualCheck = 30

  init(_ reader: SectionReader, tenants: TenantNames, context: ReadingContext) {
    self.init(
      name: reader.requiredText("name", "a short name for the trunk, like 'carrier'"),
      tenant: tenants.tenant(of: reader))
    addresses = reader.networks("addresses")
    nextHops = reader.nextHops()
    check = reader.integer(
      "check", in: 0...3600, unit: "s", default: nextHops.count > 1 ? Self.usualCheck : 0)
    credentials = reader.credentials(in: context)
    if reader.bool("register", default: false) {
      registration = reader.integer("registerFor", in: 60...86400, unit: "s", default: 3600)
      reader.refuseRegistration(credentials, nextHops)
    } else {
      _ = reader.integer("registerFor", in: 60...86400, unit: "s", default: 3600)
    }
    trusted = reader.bool("trusted", default: trusted)
    learn = reader.choice("learn", default: learn)
    customerSide = reader.bool("customerSide", default: customerSide)
    reader.finish()
    if reader.isEmptyList("addresses") {
      reader.fault(
        "addresses", "names no address, so nothing could come from this trunk.",
        remedy: "Give the IP addresses or networks that its requests come from.")
    }
  }
}

extension SectionReader {
  fileprivate func credentials(in context: ReadingContext) -> TrunkConfiguration.Credentials? {
    let username = text("username")
    let password = secret("password", in: context)
    switch (username, has("password")) {
    case (nil, false): return nil
    case (nil, true):
      fault("password", "stands without a username.", remedy: "Give the username that the trunk knows us by.")
      return nil
    case (let username?, false):
      fault("username", "'\(username)' has no password.", remedy: "Give the password that the trunk expects.")
      return nil
    case (let username?, true):
      if username.isEmpty || username.contains(where: { $0 == ":" || $0.isWhitespace || $0 == "\"" }) {
        fault(
          "username", "'\(username)' can't stand in a digest.",
          remedy: "Use no blanks, quotes or colons, as the trunk gave it.")
      }
      return password.map { .init(username: username, password: $0) }
    }
  }

  fileprivate func refuseRegistration(
    _ credentials: TrunkConfiguration.Credentials?, _ nextHops: [NextHopConfiguration]
  ) {
    if credentials == nil, !has("username"), !has("password") {
      fault(
        "register", "needs a username and a password.",
        remedy: "Give those that the trunk expects, or leave 'register' out.")
    }
    if nextHops.isEmpty, !has("nextHop"), !has("nextHops") {
      fault("register", "needs a next hop to register at.", remedy: "Give nextHop: \"host:port\".")
    }
  }
}
