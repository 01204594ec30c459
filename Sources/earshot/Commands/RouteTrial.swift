import Configuration
import Supervision

/// Which way a number would take: what `config check --number` tells.
struct RouteTrial: Encodable {
  var number: String
  /// Place of the rule in the file, like `routing[3]`; nil if none fits.
  var rule: String?
  var user: String?
  var trunk: String?
  /// What the trunk is asked for.
  var asksFor: String?
  /// In words.
  var text: String

  init(_ configuration: Configuration, _ request: DialPlan.Request, tenant: TenantID) {
    number = request.number
    let rows = configuration.routing.enumerated().filter { $0.element.tenant == tenant }
    func exists(_ user: UserID) -> Bool {
      configuration.users.contains { $0.tenant == tenant && $0.name == user }
    }
    if let code = FeatureCode(requestUser: number) {
      text = "\(number) is a feature code: \(code.mode.rawValue), on a call of '\(code.agent)'"
      return
    }
    let found = DialPlan(rules: rows.map(\.element.rule)).route(request)
    rule = found.map { "routing[\(rows[$0.rule].offset)]" }
    switch found?.goal {
    case .user(let name)?:
      user = name.value
      text = "\(number) takes \(rule ?? ""): to user '\(name)'"
      if !exists(name) { text += ", whom this tenant doesn't have: 404" }
    case .trunk(let name, let asked)?:
      trunk = name
      asksFor = asked
      text = "\(number) takes \(rule ?? ""): to trunk '\(name)', which is asked for '\(asked)'"
    case nil where exists(UserID(number)):
      user = number
      text = "\(number) fits no rule, but is the name of a user: to him"
    case nil: text = "\(number) fits no rule and is no user's name: 404"
    }
  }
}
