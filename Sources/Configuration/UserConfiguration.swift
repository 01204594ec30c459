import Foundation
import Supervision

/// Somebody with a name of his own: an element of `users`.
package struct UserConfiguration: Hashable, Sendable {
  /// Name for SIP registration and sign-in, and his extension. Unique in the file: a digest names no tenant.
  package var name: UserID
  package var displayName: String
  package var tenant: TenantID
  /// What he is to a call: agent, supervisor or customer.
  package var role = Role.agent
  /// For SIP digest and for signing in to the pages; nil: he can do neither.
  package var password: String?
  /// Bearer token of the API, 16 characters or more; nil: he has no access to it.
  package var token: String?
  package var team: String?
  package var site: String?
  package var queue: String?
  package var campaign: String?
  package var language: String?
  package var grants: [Grant] = []

  package init(name: UserID, displayName: String, tenant: TenantID) {
    self.name = name
    self.displayName = displayName
    self.tenant = tenant
  }
}

extension UserConfiguration {
  /// A guess of fewer characters would take hours, not ages.
  private static let shortestToken = 16

  init(_ reader: SectionReader, tenants: TenantNames, context: ReadingContext) {
    let name = reader.requiredText("name", "the user's extension or sign-in name")
    if name.contains(where: { !($0.isASCII && ($0.isLetter || $0.isNumber || "._-+".contains($0))) }) {
      reader.fault(
        "name", "'\(name)' can't be dialled.",
        remedy: "Use letters, digits, dot, hyphen, underscore and plus.")
    }
    self.init(
      name: UserID(name), displayName: reader.text("displayName", default: name),
      tenant: tenants.tenant(of: reader))
    role = reader.choice("role", among: [.agent, .supervisor, .customer], default: role)
    password = reader.secret("password", in: context)
    token = reader.secret("token", in: context)
    team = reader.text("team")
    site = reader.text("site")
    queue = reader.text("queue")
    campaign = reader.text("campaign")
    language = reader.text("language")
    grants = reader.sections("grants").map(Grant.init)
    reader.finish()
    if let token, token.count < Self.shortestToken {
      reader.fault(
        "token", "has \(token.count) characters.",
        remedy: "Use \(Self.shortestToken) or more, for example of: openssl rand -hex 24")
    }
  }
}

extension Grant {
  init(_ reader: SectionReader) {
    self.init(
      permissions: reader.choices("permissions"), scope: Scope(reader.section("scope")),
      from: reader.time("from"), until: reader.time("until"))
    reader.finish()
    if reader.isEmptyList("permissions") {
      reader.fault("permissions", "names no permission.", remedy: "Name at least one, or remove the grant.")
    }
    if let from, let until, from >= until {
      reader.fault("until", "is not after 'from', so the grant never holds.", remedy: "Give a later time.")
    }
  }
}

extension Scope {
  init(_ reader: SectionReader) {
    self.init(
      queues: reader.texts("queues"), campaigns: reader.texts("campaigns"), teams: reader.texts("teams"),
      sites: reader.texts("sites"), languages: reader.texts("languages"), agents: reader.texts("agents"))
    reader.finish()
  }
}

extension SectionReader {
  /// RFC 3339, as milliseconds since 1970.
  fileprivate func time(_ key: String) -> Int64? {
    guard let text = text(key) else { return nil }
    guard let date = ISO8601DateFormatter().date(from: text) else {
      fault(key, "'\(text)' is no time.", remedy: "Give one like 2026-01-31T08:00:00Z or …T08:00:00+01:00.")
      return nil
    }
    return Int64(date.timeIntervalSince1970 * 1000)
  }
}
