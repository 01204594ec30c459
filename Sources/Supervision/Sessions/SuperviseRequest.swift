/// By what a supervisor hears and speaks.
package enum SupervisorDevice: Hashable, Sendable {
  /// Earshot dials this URI, or the contact of a registered user where it names one.
  case sip(uri: String)
  /// He has dialled in: the leg is there, and its offer, unless he asks for ours.
  case dialledIn(LegID, sdp: String?, address: String)
  /// A browser's offer; the answer is in the reply's `SessionSnapshot.answer`. Speaks only while he presses to talk.
  case webRTC(offer: String)
}

/// Somebody asks to supervise a call.
package struct SuperviseRequest: Hashable, Sendable {
  package var principal: Principal
  package var mode: SupervisionMode
  package var device: SupervisorDevice
  /// Extension of the agent to coach; nil: the handler's.
  package var target: String?
  package var purpose: String?
  package var reason: String?
  package var origin: ActOrigin

  package init(
    principal: Principal, mode: SupervisionMode, device: SupervisorDevice, target: String? = nil,
    purpose: String? = nil, reason: String? = nil, origin: ActOrigin
  ) {
    self.principal = principal
    self.mode = mode
    self.device = device
    self.target = target
    self.purpose = purpose
    self.reason = reason
    self.origin = origin
  }
}
