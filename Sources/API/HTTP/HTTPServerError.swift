/// Why the server did not start: what, where, and what to do.
package enum HTTPServerError: Error, Hashable, Sendable, CustomStringConvertible {
  case badAddress(String)
  case addressNotHere(String)
  case portInUse(address: String, port: Int)
  case portNotAllowed(address: String, port: Int)
  case notStarted(String)

  package var description: String {
    switch self {
    case .badAddress(let address):
      "HTTP can't listen on '\(address)': not an IP address. Use one such as 127.0.0.1, 0.0.0.0, ::1 or ::."
    case .addressNotHere(let address):
      "HTTP can't listen on \(address): this machine has no such address. Use one that `ip address` shows."
    case .portInUse(let address, let port):
      "HTTP can't listen on \(address) port \(port): another process has it (`ss -ltnp` shows which). "
        + "Stop it, or choose another port; 0 takes any that is free."
    case .portNotAllowed(let address, let port):
      "HTTP can't listen on \(address) port \(port): not allowed for this user. Choose a port above 1023."
    case .notStarted(let why):
      "HTTP can't start: \(why)"
    }
  }
}
