/// How often a dashboard is told news, and how long its place is kept.
package struct EventPacing: Sendable {
  /// The least time between two messages to one dashboard.
  package var interval: Duration
  /// How long changes are kept for a dashboard that has gone and may return.
  package var retention: Duration
  package var clock: any Clock<Duration>

  package init(
    interval: Duration = .milliseconds(250), retention: Duration = .seconds(60),
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.interval = interval
    self.retention = retention
    self.clock = clock
  }
}
