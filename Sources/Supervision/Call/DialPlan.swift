/// Where a request goes, by the user part that was asked for. Pure: the same request gives the same answer.
package struct DialPlan: Hashable, Sendable, Codable {
  /// A row of the routing table. The first that matches counts.
  package struct Rule: Hashable, Sendable, Codable {
    /// The whole user part, or its beginning where it ends in `*`: `2000`, `0*`.
    package var pattern: String
    /// Only for requests from these trunks; empty for all, users' phones too.
    package var from: [String]
    package var destination: Destination

    package init(pattern: String, from: [String] = [], destination: Destination) {
      self.pattern = pattern
      self.from = from
      self.destination = destination
    }
  }

  package enum Destination: Hashable, Sendable, Codable {
    case user(UserID)
    /// A trunk by name; `strip` characters are cut from the front and `prefix` put before.
    case nextHop(String, strip: Int, prefix: String)
  }

  package var rules: [Rule]

  package init(rules: [Rule] = []) { self.rules = rules }

  /// Where `number` leads; nil if no rule knows it.
  /// - Parameter trunk: the trunk that asks; nil for a user's phone.
  package func destination(of number: String, from trunk: String?) -> Destination? {
    rules.first { rule in
      (rule.from.isEmpty || trunk.map(rule.from.contains) == true) && rule.matches(number)
    }?.destination
  }
}

extension DialPlan.Rule {
  package func matches(_ number: String) -> Bool {
    pattern.hasSuffix("*") ? number.hasPrefix(pattern.dropLast()) : number == pattern
  }
}

extension DialPlan.Destination {
  /// The user part to ask the next hop for.
  package static func rewrite(_ number: String, strip: Int, prefix: String) -> String {
    prefix + number.dropFirst(strip)
  }
}

/// A supervisor's dial-in: `*31<agent>` listen, `*32` whisper, `*33` barge, `*34` take over.
package struct FeatureCode: Hashable, Sendable {
  package var mode: SupervisionMode
  /// Extension or user part of the agent.
  package var agent: String

  package init?(requestUser: String) {
    guard requestUser.hasPrefix("*3"), requestUser.count > 3 else { return nil }
    switch requestUser.dropFirst(2).first {
    case "1": mode = .listen
    case "2": mode = .whisper
    case "3": mode = .barge
    case "4": mode = .takeover
    default: return nil
    }
    agent = String(requestUser.dropFirst(3))
  }
}
