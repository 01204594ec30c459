/// Why a request of `APIClient` failed: what, where, and what to do.
package enum APIClientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nobody answers there.
  case unreachable(server: String, why: String)
  /// The server said no.
  case problem(ProblemDocument)
  /// Something answered that isn't Earshot.
  case unexpected(server: String, what: String)

  package var description: String {
    switch self {
    case .unreachable(let server, let why):
      "Earshot isn't reachable at \(server) (\(why)). Start it with `earshot serve`, or name another server."
    case .problem(let problem) where problem.status == 401:
      "\(problem.title) \(problem.detail)"
    case .problem(let problem):
      "\(problem.title): \(problem.detail)"
    case .unexpected(let server, let what):
      "\(server) doesn't answer as Earshot does (\(what)). Check the address."
    }
  }
}
