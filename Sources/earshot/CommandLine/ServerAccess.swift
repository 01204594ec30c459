import API
import Foundation

/// Which server a command talks to, and as whom.
struct ServerAccess {
  static let server = Option(
    "server", value: "URL", "Where Earshot's API is. Default: EARSHOT_SERVER, else http://127.0.0.1:8080.")
  static let token = Option(
    "token", value: "TOKEN",
    "Your bearer token. Default: EARSHOT_TOKEN; prefer that, since others on the\nmachine can see command lines."
  )

  static let options = [server, token]

  let client: APIClient

  init(
    _ arguments: Arguments, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(UsageError) {
    let address = arguments.value(Self.server) ?? environment["EARSHOT_SERVER"] ?? "http://127.0.0.1:8080"
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
      throw UsageError(
        "'\(address)' is no address of a server.", remedy: "Give one like http://127.0.0.1:8080")
    }
    guard let token = arguments.value(Self.token) ?? environment["EARSHOT_TOKEN"], !token.isEmpty else {
      throw UsageError("There is no token.", remedy: "Set EARSHOT_TOKEN, or give --token TOKEN.")
    }
    client = APIClient(server: url, token: token)
  }
}
