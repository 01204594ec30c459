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
    let expression = reader.expression("regex")
    let headers = reader.headerPatterns()
    // What is matched by other means needs no pattern.
    let pattern =
      reader.has("regex") || reader.has("headers")
      ? reader.text("pattern", default: "*")
      : reader.requiredText("pattern", "a user part like \"2000\", or its beginning like \"0*\"")
    let from = reader.texts("from")
    let tenant = tenants.tenant(of: reader)
    let target = reader.section("to")
    let user = target.text("user")
    let trunk = target.text("trunk")
    let longest = pattern.filter { $0 != "*" }.count
    let strip = target.integer("strip", in: 0...max(0, longest), unit: "leading characters", default: 0)
    let prefix = target.text("prefix", default: "")
    let number = target.text("number")
    target.finish()
    reader.finish()

    if pattern.dropLast().contains("*") {
      reader.fault("pattern", "has '*' before its end.", remedy: "'*' stands for any rest, so put it last.")
    }
    if number != nil, target.has("strip") || target.has("prefix") {
      target.fault(
        "number", "stands beside 'strip' or 'prefix'.", remedy: "Write the whole number, or only those.")
    }
    if number != nil, user != nil {
      target.fault("number", "is for trunks alone.", remedy: "Leave it out: a user is called as he is named.")
    }
    for (key, template) in [("number", number), ("user", user)] {
      target.refuseMissingGroups(key, template ?? "", expression, hasExpression: reader.has("regex"))
    }
    let users = users.filter { $0.tenant == tenant }
    let trunks = trunks.filter { $0.tenant == tenant }
    for name in from where !trunks.contains(where: { $0.name == name }) {
      reader.unknown("from", "trunk", name, among: trunks.map(\.name))
    }
    self.tenant = tenant
    let destination: DialPlan.Destination
    switch (user, trunk) {
    case (let user?, nil):
      // Who is meant by what the caller has dialled is seen then.
      if DialPlan.Destination.references(in: user).isEmpty, !users.contains(where: { $0.name.value == user })
      {
        target.unknown("user", "user", user, among: users.map(\.name.value))
      }
      destination = .user(UserID(user))
    case (nil, let trunk?):
      if let found = trunks.first(where: { $0.name == trunk }) {
        if found.nextHops.isEmpty {
          target.fault(
            "trunk", "'\(trunk)' has no nextHop.", remedy: "Give that trunk a nextHop: \"host:port\".")
        }
      } else {
        target.unknown("trunk", "trunk", trunk, among: trunks.map(\.name))
      }
      destination =
        number.map { .rewritten(trunk, number: $0) } ?? .nextHop(trunk, strip: strip, prefix: prefix)
    default:
      reader.fault(
        "to", "names no destination, or two.",
        remedy: "Give either { user: \"anna\" } or { trunk: \"carrier\" }.")
      return nil
    }
    rule = DialPlan.Rule(
      pattern: pattern, expression: expression, headers: headers, from: from, destination: destination)
  }
}

extension DialPlan.Rule {
  /// Two rules that say the same here match the same requests.
  var condition: String {
    let headers = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return "\(pattern) \(expression?.description ?? "") \(headers) \(from)"
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
