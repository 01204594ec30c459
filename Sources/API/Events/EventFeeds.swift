import Supervision

/// The feeds, one for each principal who watches or has watched a moment ago.
actor EventFeeds {
  private struct Entry {
    var feed: EventFeed
    var source: Task<Void, Never>
    var watchers: Int
    /// Lets go of the feed when nobody has come back.
    var expiry: Task<Void, Never>?
  }

  private let desk: any CallDesk
  private let pacing: EventPacing
  private var entries: [Principal: Entry] = [:]

  init(desk: any CallDesk, pacing: EventPacing) {
    self.desk = desk
    self.pacing = pacing
  }

  /// Must be followed by one `leave`. Principals count as the same only with the same rights.
  func join(_ principal: Principal) -> EventFeed {
    if let entry = entries[principal] {
      entry.expiry?.cancel()
      entries[principal]?.expiry = nil
      entries[principal]?.watchers += 1
      return entry.feed
    }
    let feed = EventFeed()
    let desk = desk
    let source = Task {
      for await change in await desk.watch(for: principal) { await feed.apply(change) }
      await feed.end()
    }
    entries[principal] = Entry(feed: feed, source: source, watchers: 1)
    return feed
  }

  func leave(_ principal: Principal) {
    guard var entry = entries[principal] else { return }
    entry.watchers -= 1
    if entry.watchers == 0 {
      let (clock, retention) = (pacing.clock, pacing.retention)
      entry.expiry = Task {
        guard (try? await clock.sleep(for: retention)) != nil else { return }
        self.expire(principal)
      }
    }
    entries[principal] = entry
  }

  private func expire(_ principal: Principal) {
    guard let entry = entries[principal], entry.watchers == 0, entry.expiry?.isCancelled == false else {
      return
    }
    entry.source.cancel()
    entries[principal] = nil
  }
}
