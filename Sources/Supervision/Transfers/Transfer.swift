/// Names one transfer of a call, so that a late answer about an earlier one is known as such.
package struct TransferID: Hashable, Sendable {
  package var value: UInt64
  package init(_ value: UInt64) { self.value = value }
}

/// How a newcomer gets into a running call.
package enum TransferKind: String, Hashable, Sendable, Codable {
  /// A party named a number (RFC 3515).
  case blind
  /// A party who had two calls brought those together with whom he talked.
  case attended
  /// Somebody called in to take a party's place (RFC 3891).
  case replacement
  /// A party was put into a parking place.
  case park
  /// An agent fetched the party out of it.
  case retrieval
  /// Nobody else came, so whoever transferred or parked the party was called back.
  case recall
  /// A third was called in; nobody left.
  case conference
}

/// Somebody is on his way into a call. There is one at a time.
struct Transfer: Hashable, Sendable {
  let id: TransferID
  var kind: TransferKind
  /// Who leaves once the newcomer is there, and the endpoint that he asks from; nil where nobody does.
  var leaver: Participant?
  var endpoint: Endpoint?
  /// The leaver hasn't waited: whoever stays is alone for the time being.
  var hasLeft = false
  /// Whose REFER it is: it is told how it goes.
  var referral: LegID?
  /// What waits for the outcome.
  var request: RequestID?
  /// The newcomer's, once it is known.
  var leg: LegID?
  var target: DialTarget?
}

/// Where a number leads.
package enum TransferRoute: Hashable, Sendable {
  /// Somebody to be called. `hasPage`: he reads what supervisors ask of him.
  case party(CallSetup.Side, DialTarget, hasPage: Bool)
  case parking(slot: String)
}

/// A party has a leg in each of two calls; those with whom he talks are to meet in the call that is told of it.
package struct Consultation: Hashable, Sendable {
  /// Whose REFER it is.
  package var referral: LegID
  /// His leg in this call, and in the other one.
  package var own: LegID
  package var other: LegID
  package var otherCall: CallID
  /// Legs of pages can go from the other call to this one.
  package var takesPages: Bool

  package init(referral: LegID, own: LegID, other: LegID, otherCall: CallID, takesPages: Bool = false) {
    self.referral = referral
    self.own = own
    self.other = other
    self.otherCall = otherCall
    self.takesPages = takesPages
  }
}

/// Somebody calls in to take a place in a running call.
package struct Arrival: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    /// Of whoever sits on this leg.
    case leg(LegID)
    /// Beside the party who is parked here.
    case parked(slot: String)
  }

  package var side: CallSetup.Side
  package var offer: String
  package var place: Place
  package var hasPage: Bool

  package init(side: CallSetup.Side, offer: String, place: Place, hasPage: Bool) {
    self.side = side
    self.offer = offer
    self.place = place
    self.hasPage = hasPage
  }
}

/// What one call says to another.
package enum CallMessage: Hashable, Sendable {
  case surrender(Surrender)
  case handedOver(Handover)
  case notHandedOver(Refusal)
  /// An event of a leg that was handed over before it came.
  case late(SignallingEvent)
}

/// What one call wants of another: whoever talks with the one on `leg`.
package struct Surrender: Hashable, Sendable {
  package var leg: LegID
  /// Whose REFER it is.
  package var referral: LegID
  package var tenant: TenantID
  package var asker: CallID
  /// Whether a page can be handed over too.
  package var takesPages: Bool
}

/// A party on his way from one call to another, with his leg as it stands.
package struct Handover: Hashable, Sendable {
  package var leg: Leg
  package var party: Participant
  package var hasPage: Bool
  /// Supervisors who go with him.
  package var followers: [Follower]

  package init(leg: Leg, party: Participant, hasPage: Bool, followers: [Follower] = []) {
    self.leg = leg
    self.party = party
    self.hasPage = hasPage
    self.followers = followers
  }

  /// All that is handed over.
  package var legs: [Leg] { [leg] + followers.map(\.leg) }
}

/// A supervisor who goes with the agent whom he coaches: his session ends in one call and another begins in the next,
/// by the same connection.
package struct Follower: Hashable, Sendable {
  package var session: SessionID
  package var leg: Leg
  package var seat: Participant
  package var request: SuperviseRequest
  package var mode: SupervisionMode

  package init(
    session: SessionID, leg: Leg, seat: Participant, request: SuperviseRequest, mode: SupervisionMode
  ) {
    self.session = session
    self.leg = leg
    self.seat = seat
    self.request = request
    self.mode = mode
  }
}

/// A transfer that was done, for people.
package struct TransferNote: Hashable, Sendable, Codable {
  package var kind: TransferKind
  /// Names: who left, who came. nil where nobody did.
  package var from: String?
  package var to: String?
  package var at: Moment

  package init(kind: TransferKind, from: String?, to: String?, at: Moment) {
    self.kind = kind
    self.from = from
    self.to = to
    self.at = at
  }
}

/// Where a party is parked.
package struct ParkingNote: Hashable, Sendable, Codable {
  package var slot: String
  /// Who put him there: name and address.
  package var by: String
  package var byAddress: String
  package var since: Moment

  package init(slot: String, by: String, byAddress: String, since: Moment) {
    self.slot = slot
    self.by = by
    self.byAddress = byAddress
    self.since = since
  }
}
