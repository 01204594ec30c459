import Supervision

/// A tenant and its rules: an element of `tenants`.
package struct TenantConfiguration: Hashable, Sendable {
  package var name: TenantID
  package var policy = Policy()

  package init(name: TenantID) { self.name = name }
}

extension TenantConfiguration {
  init(_ reader: SectionReader, media: MediaConfiguration) {
    self.init(name: TenantID(reader.requiredText("name", "a short name for the tenant, like 'main'")))
    policy = Policy(reader.section("policy"), media: media)
    let networks = reader.networks("deviceNetworks")
    if reader.has("deviceNetworks") { policy.deviceNetworks = networks }
    reader.finish()
  }
}

extension Policy {
  init(_ reader: SectionReader, media: MediaConfiguration) {
    self.init()
    agentAfterTakeover = reader.choice(
      "agentAfterTakeover", among: [.release, .listen], default: agentAfterTakeover)
    afterTransfer = reader.choice(
      "afterTransfer", among: [.customer, .agent, .end], default: afterTransfer)
    parkPrefix = reader.text("parkPrefix", default: parkPrefix)
    parkTimeout = reader.integer("parkTimeout", in: 5...3_600, unit: "s", default: parkTimeout)
    severalCallsPerSupervisor = reader.bool("severalCallsPerSupervisor", default: severalCallsPerSupervisor)
    purposeRequired = reader.choices("purposeRequired")
    reasonRequired = reader.choices("reasonRequired")
    deviceRingTimeout = reader.integer(
      "deviceRingTimeout", in: 5...120, unit: "s", default: deviceRingTimeout)
    handlerReturn = reader.integer("handlerReturn", in: 0...600, unit: "s", default: handlerReturn)
    auditGrace = reader.integer("auditGrace", in: 1...60, unit: "s", default: auditGrace)
    supervisorsHearWhispers = reader.bool("supervisorsHearWhispers", default: supervisorsHearWhispers)
    duckingDepth = Float(media.duckingDepth)
    let seen: Set<SupervisionMode> = reader.choices("agentSees")
    if reader.has("agentSees") { agentSees = seen }
    agentSeesWho = reader.bool("agentSeesWho", default: agentSeesWho)
    agentAcceptsWhisper = reader.bool("agentAcceptsWhisper", default: agentAcceptsWhisper)
    longCall = reader.integer("longCall", in: 10...86_400, unit: "s", default: longCall)
    longHold = reader.integer("longHold", in: 5...86_400, unit: "s", default: longHold)
    let tiers = reader.texts("flaggedTiers")
    if reader.has("flaggedTiers") { flaggedTiers = Set(tiers.map { $0.lowercased() }) }
    reader.finish()
  }
}

extension SectionReader {
  /// IP addresses and networks; those that are none are faults and left out.
  func networks(_ key: String) -> [IPNetwork] {
    texts(key).compactMap { text in
      if let network = IPNetwork(text) { return network }
      fault(
        key, "'\(text)' is neither an IP address nor a network.",
        remedy: "Give addresses like 192.0.2.7 or networks like 10.0.0.0/8.")
      return nil
    }
  }
}
