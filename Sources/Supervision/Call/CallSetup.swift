/// All that is known of a call when its INVITE has been proved and routed.
package struct CallSetup: Hashable, Sendable {
  /// One side of the call to be.
  package struct Side: Hashable, Sendable {
    package var leg: LegID
    package var role: Role
    package var address: String
    package var name: String
    package var sources: SourcePolicy
    package var transport: LegTransport
    package var endpoint: Endpoint?
    package var placement = Placement()

    package init(
      leg: LegID, role: Role, address: String, name: String, sources: SourcePolicy,
      transport: LegTransport = .rtp, endpoint: Endpoint? = nil, placement: Placement = Placement()
    ) {
      self.endpoint = endpoint
      self.placement = placement
      self.transport = transport
      self.leg = leg
      self.role = role
      self.address = address
      self.name = name
      self.sources = sources
    }
  }

  package var id: CallID
  package var facts: CallFacts
  /// What the caller's trunk has said of queue, team and so on: it counts more than where the agent works.
  package var signalled = Placement()
  package var caller: Side
  package var callee: Side
  /// The caller's offer; nil if he asks for ours.
  package var offer: String?
  package var target: DialTarget
  package var callerIdentity: CallerIdentity
  package var ringTimeout: Int
  package var policy: Policy
  /// How often the call may still be passed on by those whom it is sent to; nil for the usual number.
  package var maxForwards: Int?

  package init(
    id: CallID, facts: CallFacts, caller: Side, callee: Side, offer: String?, target: DialTarget,
    callerIdentity: CallerIdentity, ringTimeout: Int, policy: Policy, maxForwards: Int? = nil
  ) {
    self.id = id
    self.facts = facts
    self.caller = caller
    self.callee = callee
    self.offer = offer
    self.target = target
    self.callerIdentity = callerIdentity
    self.ringTimeout = ringTimeout
    self.policy = policy
    self.maxForwards = maxForwards
  }
}
