import Supervision

/// The feeds, one for each set of rights by which somebody watches or has watched a moment ago: whoever may see the
/// same calls shares the work of telling them.
///
/// Grants begin and end by the clock alone, so whoever watches has to join anew when his rights aren't those of his
/// feed any more.
actor EventFeeds {
  /// A feed, and by which rights it is watched.
  struct Place: Sendable {
    let feed: EventFeed
    let viewpoint: Viewpoint
  }

  private struct Entry {
    var feed: EventFeed
    var source: Task<Void, Never>
    var watchers: Int
    /// Lets go of the feed when nobody has come back.
    var expiry: Task<Void, Never>?
  }

  private let desk: any CallDesk
  nonisolated let pacing: EventPacing
  nonisolated let now: @Sendable () -> Moment
  private let encode: @Sendable (TenantID, EventFeed.Update, String) -> String
  private var entries: [Viewpoint: Entry] = [:]

  /// - Parameter encode: writes an update of the feed of this name as a message.
  init(
    desk: any CallDesk, pacing: EventPacing, now: @escaping @Sendable () -> Moment,
    encode: @escaping @Sendable (TenantID, EventFeed.Update, String) -> String
  ) {
    self.desk = desk
    self.encode = encode
    self.pacing = pacing
    self.now = now
  }

  /// Must be followed by one `leave`.
  func join(_ principal: Principal) -> Place {
    let viewpoint = Viewpoint(principal, at: now())
    if let entry = entries[viewpoint] {
      entry.expiry?.cancel()
      entries[viewpoint]?.expiry = nil
      entries[viewpoint]?.watchers += 1
      return Place(feed: entry.feed, viewpoint: viewpoint)
    }
    let (desk, encode, tenant) = (desk, encode, principal.tenant)
    let holder = viewpoint.holder(principal)
    let feed = EventFeed(interval: pacing.interval, clock: pacing.clock) { encode(tenant, $0, $1) }
    let source = Task {
      for await change in await desk.watch(for: holder) { await feed.apply(change) }
      await feed.end()
    }
    entries[viewpoint] = Entry(feed: feed, source: source, watchers: 1)
    return Place(feed: feed, viewpoint: viewpoint)
  }

  func leave(_ place: Place) {
    let viewpoint = place.viewpoint
    guard var entry = entries[viewpoint] else { return }
    entry.watchers -= 1
    if entry.watchers == 0 {
      let (clock, retention) = (pacing.clock, pacing.retention)
      entry.expiry = Task {
        guard (try? await clock.sleep(for: retention)) != nil else { return }
        self.expire(viewpoint)
      }
    }
    entries[viewpoint] = entry
  }

  /// Whether the feed still shows what this principal may see, no more and no less.
  nonisolated func suits(_ place: Place, _ principal: Principal) -> Bool {
    place.viewpoint == Viewpoint(principal, at: now())
  }

  private func expire(_ viewpoint: Viewpoint) {
    guard let entry = entries[viewpoint], entry.watchers == 0, entry.expiry?.isCancelled == false else {
      return
    }
    entry.source.cancel()
    entries[viewpoint] = nil
  }
}
