import Supervision

/// Where requests go, by the user part asked for: an element of `routing`. The first that matches counts.
package struct RoutingConfiguration: Hashable, Sendable {
  package var tenant: TenantID
  package var rule: DialPlan.Rule
}

extension RoutingConfiguration {
  init?(
    _ reader: SectionReader, tenants: TenantNames, users: [UserConfiguration], trunks: [TrunkConfiguration]
  ) {
    let pattern = reader.requiredText("pattern", "a user part like \"2000\", or its beginning like \"0*\"")
    let from = reader.texts("from")
    let tenant = tenants.tenant(of: reader)
    let target = reader.section("to")
    let user = target.text("user")
    let trunk = target.text("trunk")
    let longest = pattern.filter { $0 != "*" }.count
    let strip = target.integer("strip", in: 0...max(0, longest), unit: "leading characters", default: 0)
    let prefix = target.text("prefix", default: "")
    target.finish()
    reader.finish()

    if pattern.dropLast().contains("*") {
      reader.fault("pattern", "has '*' before its end.", remedy: "'*' stands for any rest, so put it last.")
    }
    let users = users.filter { $0.tenant == tenant }
    let trunks = trunks.filter { $0.tenant == tenant }
    for name in from where !trunks.contains(where: { $0.name == name }) {
      reader.unknown("from", "trunk", name, among: trunks.map(\.name))
    }
    self.tenant = tenant
    switch (user, trunk) {
    case (let user?, nil):
      if !users.contains(where: { $0.name.value == user }) {
        target.unknown("user", "user", user, among: users.map(\.name.value))
      }
      rule = DialPlan.Rule(pattern: pattern, from: from, destination: .user(UserID(user)))
    case (nil, let trunk?):
      if let found = trunks.first(where: { $0.name == trunk }) {
        if found.nextHop == nil {
          target.fault(
            "trunk", "'\(trunk)' has no nextHop.", remedy: "Give that trunk a nextHop: \"host:port\".")
        }
      } else {
        target.unknown("trunk", "trunk", trunk, among: trunks.map(\.name))
      }
      rule = DialPlan.Rule(
        pattern: pattern, from: from, destination: .nextHop(trunk, strip: strip, prefix: prefix))
    default:
      reader.fault(
        "to", "names no destination, or two.",
        remedy: "Give either { user: \"anna\" } or { trunk: \"carrier\" }.")
      return nil
    }
  }
}

extension SectionReader {
  func unknown(_ key: String, _ kind: String, _ name: String, among names: [String]) {
    let suggestion = NearestName.suggestion(for: name, among: names).map { "Did you mean '\($0)'?" }
    fault(
      key, "there is no \(kind) '\(name)' in this tenant.",
      remedy: suggestion ?? "Add it, or use one of: \(names.sorted().joined(separator: ", ")).")
  }
}
