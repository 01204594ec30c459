import Supervision

/// The feeds, one for each set of rights by which somebody watches or has watched a moment ago: whoever may see the
/// same calls shares the work of telling them.
actor EventFeeds {
  /// What decides on who sees what, without who it is.
  private struct Viewpoint: Hashable {
    var tenant: TenantID
    var grants: [Grant]

    init(_ principal: Principal) { (tenant, grants) = (principal.tenant, principal.grants) }
  }

  private struct Entry {
    var feed: EventFeed
    var source: Task<Void, Never>
    var watchers: Int
    /// Lets go of the feed when nobody has come back.
    var expiry: Task<Void, Never>?
  }

  private let desk: any CallDesk
  private let pacing: EventPacing
  private let encode: @Sendable (TenantID, EventFeed.Update, String) -> String
  private var entries: [Viewpoint: Entry] = [:]

  /// - Parameter encode: writes an update of the feed of this name as a message.
  init(
    desk: any CallDesk, pacing: EventPacing,
    encode: @escaping @Sendable (TenantID, EventFeed.Update, String) -> String
  ) {
    self.desk = desk
    self.encode = encode
    self.pacing = pacing
  }

  /// Must be followed by one `leave`.
  func join(_ principal: Principal) -> EventFeed {
    let viewpoint = Viewpoint(principal)
    if let entry = entries[viewpoint] {
      entry.expiry?.cancel()
      entries[viewpoint]?.expiry = nil
      entries[viewpoint]?.watchers += 1
      return entry.feed
    }
    let (desk, encode, tenant) = (desk, encode, principal.tenant)
    let feed = EventFeed(interval: pacing.interval, clock: pacing.clock) { encode(tenant, $0, $1) }
    let source = Task {
      for await change in await desk.watch(for: principal) { await feed.apply(change) }
      await feed.end()
    }
    entries[viewpoint] = Entry(feed: feed, source: source, watchers: 1)
    return feed
  }

  func leave(_ principal: Principal) {
    let viewpoint = Viewpoint(principal)
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

  private func expire(_ viewpoint: Viewpoint) {
    guard let entry = entries[viewpoint], entry.watchers == 0, entry.expiry?.isCancelled == false else {
      return
    }
    entry.source.cancel()
    entries[viewpoint] = nil
  }
}
