/// Where a request goes, by what was asked for and what its headers say. Pure: the same request gives the same answer.
package struct DialPlan: Hashable, Sendable, Codable {
  /// A row of the routing table. The first that matches counts; all that it names must fit.
  package struct Rule: Hashable, Sendable, Codable {
    /// The whole user part, or its beginning where it ends in `*`: `2000`, `0*`.
    package var pattern: String
    /// Of the whole user part; what it captures may stand in the destination as `$1` … `$9`.
    package var expression: TextPattern?
    /// By lower-case name. A header that isn't there fits nothing.
    package var headers: [String: TextPattern]
    /// Only for requests from these trunks; empty for all, users' phones too.
    package var from: [String]
    package var destination: Destination

    package init(
      pattern: String = "*", expression: TextPattern? = nil, headers: [String: TextPattern] = [:],
      from: [String] = [], destination: Destination
    ) {
      self.pattern = pattern
      self.expression = expression
      self.headers = headers
      self.from = from
      self.destination = destination
    }
  }

  package enum Destination: Hashable, Sendable, Codable {
    case user(UserID)
    /// A trunk by name; `strip` characters are cut from the front and `prefix` put before.
    case nextHop(String, strip: Int, prefix: String)
    /// A trunk by name, asked for this number, in which captures may stand.
    case rewritten(String, number: String)
  }

  /// What is to be routed.
  package struct Request: Hashable, Sendable {
    /// User part of the request URI.
    package var number: String
    /// The trunk that asks; nil for a user's phone.
    package var trunk: String?
    /// By lower-case name.
    package var headers: [String: String]

    package init(_ number: String, from trunk: String? = nil, headers: [String: String] = [:]) {
      self.number = number
      self.trunk = trunk
      self.headers = headers
    }
  }

  /// Where a request leads.
  package enum Goal: Hashable, Sendable {
    case user(UserID)
    /// A trunk by name, and the user part to ask it for.
    case trunk(String, number: String)
  }

  package var rules: [Rule]

  package init(rules: [Rule] = []) { self.rules = rules }

  /// Where a request leads, and which rule says so; nil if none knows it.
  package func route(_ request: Request) -> (rule: Int, goal: Goal)? {
    for (index, rule) in rules.enumerated() {
      if let captures = rule.match(request) {
        return (index, rule.destination.goal(request.number, captures))
      }
    }
    return nil
  }

  /// The headers that some rule looks at, in lower case.
  package var headers: Set<String> { Set(rules.flatMap(\.headers.keys)) }
}

extension DialPlan.Rule {
  /// What the expression has captured, the whole number first; nil if the rule isn't meant.
  package func match(_ request: DialPlan.Request) -> [String]? {
    guard from.isEmpty || request.trunk.map(from.contains) == true else { return nil }
    let number = request.number
    guard pattern.hasSuffix("*") ? number.hasPrefix(pattern.dropLast()) : number == pattern else {
      return nil
    }
    for (name, wanted) in headers {
      guard let value = request.headers[name], wanted.match(value) != nil else { return nil }
    }
    guard let expression else { return [number] }
    return expression.match(number)
  }
}

extension DialPlan.Destination {
  func goal(_ number: String, _ captures: [String]) -> DialPlan.Goal {
    switch self {
    case .user(let user): .user(UserID(Self.filled(user.value, captures)))
    case .nextHop(let trunk, let strip, let prefix): .trunk(trunk, number: prefix + number.dropFirst(strip))
    case .rewritten(let trunk, let template): .trunk(trunk, number: Self.filled(template, captures))
    }
  }

  /// `$0` stands for the whole, `$1` … for what was captured, `$$` for itself.
  private static func filled(_ template: String, _ captures: [String]) -> String {
    guard template.contains("$") else { return template }
    var result = ""
    var rest = template[...]
    while let character = rest.popFirst() {
      guard character == "$", let next = rest.popFirst() else {
        result.append(character)
        continue
      }
      guard let group = next.wholeNumberValue else {
        result += next == "$" ? "$" : "$\(next)"
        continue
      }
      result += group < captures.count ? captures[group] : ""
    }
    return result
  }

  /// The captures that a template names.
  package static func references(in template: String) -> Set<Int> {
    var found: Set<Int> = []
    var rest = template[...]
    while let character = rest.popFirst() {
      if character == "$", let next = rest.popFirst(), let group = next.wholeNumberValue {
        found.insert(group)
      }
    }
    return found
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
