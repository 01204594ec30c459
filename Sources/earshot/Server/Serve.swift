import Configuration
import Glibc

/// Runs a server until the process is told to stop.
enum Serve {
  /// Stops at a signal of `StopSignals`, or when its task is cancelled.
  /// - Parameters:
  ///   - drain: seconds that calls may take to end by themselves after the signal.
  ///   - announces: writes a line `ready sip=… api=…` with the bound addresses once it serves.
  static func run(
    configuration: Configuration, drain: Int = 0, announces: Bool = true, console: Console
  ) async throws -> ExitCode {
    let signals = StopSignals()
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow is a fault of its write, like a full disk, and no reason to die.
    signal(SIGXFSZ, SIG_IGN)
    let log = Log(settings: configuration.log, console: console)
    let server = try await EarshotServer(configuration, log: log)
    if announces { console.print("ready sip=\(server.sipAddress) api=\(server.apiURL)") }
    await signals.first()
    log.info("stopping: a second signal stops at once")
    await server.stop(drain: drain)
    log.info("stopped")
    return .ok
  }
}
