/// The tenant's rules, as far as they bear on supervision.
package struct Policy: Hashable, Sendable, Codable {
  package enum AgentAfterTakeover: String, Hashable, Sendable, Codable {
    /// The agent's leg is ended with a Reason.
    case release
    /// The agent stays, hears both, is heard by nobody.
    case listen
  }

  /// Whom supervision follows when a party leaves by a transfer (S6).
  package enum AfterTransfer: String, Hashable, Sendable, Codable {
    /// The customer, to whomever he is transferred.
    case customer
    /// The agent who is coached, as long as he is on the call.
    case agent
    /// Nobody: every transfer ends it.
    case end
  }

  package var afterTransfer = AfterTransfer.customer
  /// What a number begins with that is a parking place: what follows is its name. Empty: there is no parking.
  package var parkPrefix = "*68"
  /// Seconds after which whoever parked a party is called back.
  package var parkTimeout = 60
  package var agentAfterTakeover = AgentAfterTakeover.release
  /// Whether one supervisor may hold sessions on several calls (M6).
  package var severalCallsPerSupervisor = false
  /// Modes that need a stated purpose or reason. A phone can't state one, so there they are refused.
  package var purposeRequired: Set<SupervisionMode> = []
  package var reasonRequired: Set<SupervisionMode> = []
  /// Seconds that a supervisor's phone may ring.
  package var deviceRingTimeout = 20
  /// Seconds that a handler whose connection was lost may take to come back.
  package var handlerReturn = 30
  /// How much quieter the customer is at the agent while the supervisor speaks, dB (M9).
  package var duckingDepth: Float = -12
  /// Seconds without a writable audit after which live supervision ends (U3).
  package var auditGrace = 5
  /// Networks in which a supervisor's SIP device may be dialled by URI. Registered users can always be dialled.
  package var deviceNetworks = [IPNetwork("127.0.0.0/8"), IPNetwork("::1")].compactMap(\.self)
  /// Whether supervisors hear each other's whispers.
  package var supervisorsHearWhispers = false
  /// The modes of which the agent's page tells him (A7).
  package var agentSees = Set(SupervisionMode.allCases)
  /// Whether the agent's page tells who supervises.
  package var agentSeesWho = true
  /// Whether an agent may accept or reject a whisper before it begins (M12). An agent without a page isn't asked.
  package var agentAcceptsWhisper = false
  /// Seconds after which a call counts as long, and a hold of the customer as long (Q1).
  package var longCall = 600
  package var longHold = 60
  /// Customers of these tiers (lower case) are flagged (Q1).
  package var flaggedTiers: Set<String> = ["gold", "platinum", "vip"]

  package init() {}

  /// Whether Earshot may call this device; nobody gets a call's sound sent to an address that the policy doesn't name.
  /// - Returns: what is wrong, and the remedy; nil if nothing is.
  package func objection(toDevice uri: String) -> Refusal? {
    guard uri.contains(":") else { return nil }
    guard let host = Self.host(ofSIP: uri) else {
      return .deviceUnusable(
        "'\(uri)' is no SIP URI. Give one like sip:sue@192.0.2.7, or a registered user's name.")
    }
    guard deviceNetworks.contains(where: { $0.contains(host) }) else {
      return .deviceUnusable(
        "'\(host)' isn't in the networks that the policy allows. Use a registered phone, or add it to deviceNetworks."
      )
    }
    return nil
  }

  /// The host of `sip:user@address:port;transport=udp` (RFC 3261 section 19.1.1); nil for anything that isn't of this
  /// plain form. Two readers of a richer one might disagree about the host, and `maddr` would send it elsewhere.
  private static func host(ofSIP uri: String) -> String? {
    let plain =
      /sip:(?:[A-Za-z0-9\-_.!~*'()+%]+@)?(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.\-]+))(?::[0-9]{1,5})?(?:;transport=udp)?/
    guard let match = uri.wholeMatch(of: plain.ignoresCase()) else { return nil }
    return (match.1 ?? match.2).map(String.init)
  }
}
