import Supervision

/// What an agent's page asks, read strictly.
enum PhoneRequest: Hashable, Sendable {
  case answer(LegID, sdp: String)
  case reject(LegID)
  case hangup(LegID)
  /// `local` is the page's own name for the leg until it has a number.
  case dial(local: String, number: String, sdp: String)
  /// A new offer on a live leg: hold, unhold, another network, another page.
  case offer(LegID, sdp: String)
  case hand(CallID, raised: Bool, word: String?)
  case consent(SessionID, accepts: Bool)
  case away
  case ready

  /// Bytes of a session description.
  private static let longestDescription = 32 * 1024

  /// - Returns: the request, and the type it says it has, as far as that can be told.
  static func read(_ text: String) -> (type: String, request: Result<PhoneRequest, Problem>) {
    var type = ""
    do throws(Problem) {
      var members = try JSONMembers.body(text.utf8)
      type = String(try members.required("type").prefix(40))
      let request = try read(type, &members)
      try members.finish()
      return (type, .success(request))
    } catch {
      return (type, .failure(error))
    }
  }

  private static func read(_ type: String, _ members: inout JSONMembers) throws(Problem) -> PhoneRequest {
    switch type {
    case "answer": return .answer(try leg(&members), sdp: try description("answer", &members))
    case "reject": return .reject(try leg(&members))
    case "hangup": return .hangup(try leg(&members))
    case "offer": return .offer(try leg(&members), sdp: try description("offer", &members))
    case "dial":
      let local = try members.required("leg")
      let number = try members.required("number")
      guard (1...64).contains(local.utf8.count) else { throw .malformed("'leg' must have 1 to 64 bytes.") }
      guard number.wholeMatch(of: /[0-9A-Za-z+*#._\-]{1,64}/) != nil else {
        throw .malformed("'number' must be 1 to 64 letters, digits or + * # . _ -.")
      }
      return .dial(local: local, number: number, sdp: try description("offer", &members))
    case "hand":
      let word = try members.string("word")
      guard (word ?? "").count <= 80 else { throw .malformed("'word' has more than 80 characters.") }
      return .hand(
        CallID(try members.required("call")), raised: try members.requiredBool("raised"), word: word)
    case "consent":
      return .consent(
        SessionID(try members.required("session")), accepts: try members.requiredBool("accepts"))
    case "away": return .away
    case "ready": return .ready
    default: throw .malformed("'type' is '\(type)', which is unknown here. Docs/API.md lists what there is.")
    }
  }

  private static func leg(_ members: inout JSONMembers) throws(Problem) -> LegID {
    let text = try members.required("leg")
    guard let number = UInt64(text) else {
      throw .malformed("'leg' is '\(text)', which is no number of a leg.")
    }
    return LegID(number)
  }

  private static func description(_ key: String, _ members: inout JSONMembers) throws(Problem) -> String {
    guard let sdp = try members.string(key, longest: longestDescription), !sdp.isEmpty else {
      throw .malformed("'\(key)' is missing. Send a session description.")
    }
    return sdp
  }
}
