/// The signalled side of calls, told what to do by commands; what happens comes back as `SignallingEvent`s.
///
/// `perform` never blocks and keeps the order of its calls. Commands for a leg that is gone are ignored.
package protocol SignallingPlane: Sendable {
  func perform(_ command: SignallingCommand)
}

/// Whom to call.
package enum DialTarget: Hashable, Sendable, Codable {
  /// A user with a registered contact. Not registered: `failed` with 480.
  case user(TenantID, UserID)
  /// A configured next hop (trunk), by its name, and the user part to ask for.
  case nextHop(String, user: String)
  /// A SIP URI as it stands. Already checked against the policy.
  case uri(String)
}

/// A final SIP answer other than 2xx, with its reason.
package struct SIPFailure: Hashable, Sendable, Codable {
  /// 300–699.
  package var status: Int
  /// Reason phrase, plain text.
  package var phrase: String
  /// Seconds after which the caller may try again; nil if nothing is known of that.
  package var retryAfter: Int?

  package init(_ status: Int, _ phrase: String, retryAfter: Int? = nil) {
    self.status = status
    self.phrase = phrase
    self.retryAfter = retryAfter
  }
}

/// Why a leg is ended (RFC 3326 Reason header).
package struct HangupReason: Hashable, Sendable, Codable {
  /// `SIP` or `Q.850`.
  package var protocolName: String
  package var cause: Int
  package var text: String

  package init(protocolName: String = "SIP", cause: Int, text: String) {
    self.protocolName = protocolName
    self.cause = cause
    self.text = text
  }

  package static let normal = HangupReason(protocolName: "Q.850", cause: 16, text: "Normal call clearing")
}

package enum SignallingCommand: Hashable, Sendable {
  /// Sends an INVITE. `ringTimeout` in seconds: then CANCEL and `failed` with 408.
  case dial(LegID, DialTarget, sdp: String, caller: CallerIdentity, options: DialOptions)
  /// 180 or 183 on an incoming leg.
  case progress(LegID, status: Int, sdp: String?)
  /// 200 on an incoming leg.
  case answer(LegID, sdp: String)
  /// Final refusal of an incoming leg, as another SIP peer gave it.
  case reject(LegID, SIPFailure)
  /// Final refusal of an incoming leg by a rule of ours; `Signalling` owns the mapping to a SIP status.
  case refuse(LegID, Refusal)
  /// Answers a re-INVITE.
  case answerOffer(LegID, sdp: String)
  case rejectOffer(LegID, Refusal)
  /// Tells a leg how it goes with what its REFER asked for (RFC 3515 section 2.4.4).
  case reportReferral(LegID, ReferralOutcome)
  /// What a phone's lamp shows from now on; the first one grants it.
  case showLamp(SubscriptionID, Lamp)
  /// A phone gets no such lamp, or no longer.
  case refuseLamp(SubscriptionID, Refusal)
  /// Ends a leg in whatever state it is: CANCEL, BYE or a 487/503. Answered by `ended` in every case.
  case end(LegID, HangupReason)
}

/// How it goes with a transfer that a party has asked for.
package enum ReferralOutcome: Hashable, Sendable {
  case trying, ringing
  /// Done.
  case accepted
  /// The target's own answer.
  case failed(SIPFailure)
  /// By a rule of ours.
  case refused(Refusal)
}

/// What is asked of a party's REFER: whom to call in his place.
package enum ReferralTarget: Hashable, Sendable {
  /// By the dial plan.
  case number(String)
  /// Whoever talks with this leg of ours (Replaces, RFC 3891).
  case leg(LegID)
}

/// What the called side is shown.
package struct CallerIdentity: Hashable, Sendable, Codable {
  package var user: String
  package var name: String

  package init(user: String, name: String) {
    self.user = user
    self.name = name
  }
}

package struct DialOptions: Hashable, Sendable, Codable {
  /// Adds `Call-Info: …;answer-after=0` and `Alert-Info: info=alert-autoanswer`, so that a desk phone answers by itself.
  package var autoAnswer = false
  /// Seconds until an unanswered leg is given up.
  package var ringTimeout = 60
  /// Max-Forwards of the INVITE: what is left of the caller's, so that a call that goes in circles ends; nil for the
  /// usual number.
  package var maxForwards: Int?

  package init(autoAnswer: Bool = false, ringTimeout: Int = 60, maxForwards: Int? = nil) {
    self.autoAnswer = autoAnswer
    self.ringTimeout = ringTimeout
    self.maxForwards = maxForwards
  }
}

/// Who sent an INVITE, as far as it was proved.
package enum Endpoint: Hashable, Sendable, Codable {
  /// By digest: a user of the directory.
  case user(TenantID, UserID)
  /// By source address: a configured trunk.
  case trunk(TenantID, String)

  package var tenant: TenantID {
    switch self {
    case .user(let tenant, _), .trunk(let tenant, _): tenant
    }
  }
}

/// A new INVITE that has passed source check or digest. Nothing has been answered yet but 100.
package struct IncomingInvite: Hashable, Sendable {
  package var leg: LegID
  package var endpoint: Endpoint
  /// User part of the request URI, percent-decoded: `1001`, `*31anna`.
  package var requestUser: String
  package var caller: CallerIdentity
  /// The offer; nil for an INVITE without one.
  package var sdp: String?
  /// `X-Earshot-*` and mapped headers by lower-case name; empty unless the trunk is trusted.
  package var headers: [String: String]
  /// The headers that routing looks at, by lower-case name.
  package var routingHeaders: [String: String] = [:]
  /// Max-Forwards; nil if it doesn't say.
  package var maxForwards: Int?
  /// IP address the request came from, without port.
  package var sourceAddress: String
  package var client: String
  package var transport: LegTransport
  /// The leg of ours whose place the caller wants to take (Replaces, RFC 3891).
  package var replaces: LegID?

  package init(
    leg: LegID, endpoint: Endpoint, requestUser: String, caller: CallerIdentity, sdp: String?,
    headers: [String: String], sourceAddress: String, client: String, transport: LegTransport = .rtp
  ) {
    self.transport = transport
    self.leg = leg
    self.endpoint = endpoint
    self.requestUser = requestUser
    self.caller = caller
    self.sdp = sdp
    self.headers = headers
    self.sourceAddress = sourceAddress
    self.client = client
  }
}

/// What happened on the wire. Given to the sink in order, from the signalling thread; the sink never blocks.
package enum SignallingEvent: Hashable, Sendable {
  case incoming(IncomingInvite)
  /// 101–199 on a leg that we dialled. `source` is the IP address that answered.
  case progress(LegID, status: Int, sdp: String?, source: String)
  /// 2xx on a leg that we dialled (already acknowledged).
  case answered(LegID, sdp: String?, source: String)
  /// Final refusal, time-out or unreachable next hop on a leg that we dialled.
  case failed(LegID, SIPFailure)
  /// The ACK of our 200 came.
  case acknowledged(LegID)
  /// A re-INVITE, UPDATE or PRACK with an offer. `sdp` is nil for a re-INVITE without one: it asks for ours.
  case offered(LegID, sdp: String?)
  /// The answer to an offer of ours that went with a 200, or to one that only refreshes the session: by the ACK, or by
  /// the 200. Nil: there is none. `source` is the IP address that it came from.
  case answeredOffer(LegID, sdp: String?, source: String)
  /// A key, by INFO.
  case digit(LegID, Character)
  /// A REFER within the dialog of this leg. It has its 202; how it goes is told by `reportReferral`.
  case referred(LegID, ReferralTarget)
  /// A phone asks for a lamp, or asks anew for one that it has. Answered by `showLamp` or `refuseLamp`.
  case lampWanted(LampRequest)
  /// A lamp is looked at no more.
  case lampGone(SubscriptionID)
  /// The leg is over: BYE or CANCEL by the peer, or the outcome of our own `end`.
  case ended(LegID, HangupReason)
  /// The peer can't be reached any more (time-out within a dialog).
  case lost(LegID, String)
}
