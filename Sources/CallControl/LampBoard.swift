import Locking
import Supervision

/// The lamps of phones: each shows what its owner may know of somebody's calls, at the moment of each change.
final class LampBoard: Sendable {
  private struct Watch {
    var principal: Principal
    var subject: LampSubject
    var dialogs: [CallID: LampDialog]

    var lamp: Lamp {
      Lamp(dialogs: dialogs.values.sorted { ($0.since, $0.id) < ($1.since, $1.id) })
    }

    var person: Person { Person(tenant: principal.tenant, user: subject.user.value) }
  }

  private struct Person: Hashable {
    var tenant: TenantID
    var user: String
  }

  private struct State {
    var watches: [SubscriptionID: Watch] = [:]
    /// Whose lamps a change of somebody's calls may concern.
    var ofPerson: [Person: Set<SubscriptionID>] = [:]
    /// Lamps that show something of a call: it may be theirs no longer.
    var ofCall: [CallID: Set<SubscriptionID>] = [:]

    mutating func add(_ watch: Watch, as id: SubscriptionID) {
      watches[id] = watch
      ofPerson[watch.person, default: []].insert(id)
      for call in watch.dialogs.keys { ofCall[call, default: []].insert(id) }
    }

    mutating func remove(_ id: SubscriptionID) {
      guard let watch = watches.removeValue(forKey: id) else { return }
      ofPerson[watch.person]?.remove(id)
      if ofPerson[watch.person]?.isEmpty == true { ofPerson[watch.person] = nil }
      for call in watch.dialogs.keys { mark(call, id, shows: false) }
    }

    mutating func mark(_ call: CallID, _ id: SubscriptionID, shows: Bool) {
      if shows {
        ofCall[call, default: []].insert(id)
      } else {
        ofCall[call]?.remove(id)
        if ofCall[call]?.isEmpty == true { ofCall[call] = nil }
      }
    }
  }

  private let state = Lock(State())
  private let directory: any Directory
  private let clock: any CallClock

  init(directory: any Directory, clock: any CallClock) {
    self.directory = directory
    self.clock = clock
  }

  /// Begins a lamp, or looks anew whether its owner may have it.
  /// - Parameters:
  ///   - board: is looked at here, so that nothing that happens meanwhile is lost.
  ///   - tell: called before this returns, in order with whatever `take` tells.
  func open(
    _ request: LampRequest, among board: FloorBoard, _ tell: (Result<Lamp, Refusal>) -> Void
  ) {
    let now = clock.now()
    let subject = LampSubject(request.address) { directory.user($0, tenant: request.tenant) != nil }
    let principal = directory.user(request.user, tenant: request.tenant)?.principal
    let objection =
      principal.map {
        subject.objection(to: $0, directory.user(subject.user, tenant: request.tenant), at: now)
      }
      ?? .noRoute(request.address)
    let policy = directory.policy(tenant: request.tenant)
    state.withLock { state in
      state.remove(request.subscription)
      guard let principal, objection == nil else {
        return tell(.failure(objection ?? .noRoute(request.address)))
      }
      var watch = Watch(principal: principal, subject: subject, dialogs: [:])
      for call in board.snapshots {
        watch.dialogs[call.id] = subject.dialog(in: call, for: principal, policy: policy, at: now)
      }
      state.add(watch, as: request.subscription)
      tell(.success(watch.lamp))
    }
  }

  func close(_ subscription: SubscriptionID) { state.withLock { $0.remove(subscription) } }

  /// A call has changed.
  /// - Parameter tell: called for each lamp that now shows something else, in the order of the changes.
  func take(_ call: CallSnapshot, _ tell: (SubscriptionID, Lamp) -> Void) {
    state.withLock { state in
      guard !state.watches.isEmpty else { return }
      var concerned = state.ofCall[call.id] ?? []
      for participant in call.participants where participant.role == .agent {
        concerned.formUnion(
          state.ofPerson[Person(tenant: call.facts.tenant, user: participant.address)] ?? [])
      }
      guard !concerned.isEmpty else { return }
      let (now, policy) = (clock.now(), directory.policy(tenant: call.facts.tenant))
      for id in concerned.sorted(by: { $0.value < $1.value }) {
        guard let watch = state.watches[id] else { continue }
        let dialog = watch.subject.dialog(in: call, for: watch.principal, policy: policy, at: now)
        guard watch.dialogs[call.id] != dialog else { continue }
        state.watches[id]?.dialogs[call.id] = dialog
        state.mark(call.id, id, shows: dialog != nil)
        if let lamp = state.watches[id]?.lamp { tell(id, lamp) }
      }
    }
  }
}
