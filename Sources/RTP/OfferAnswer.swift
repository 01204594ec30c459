/// Negotiation of one audio stream by offer and answer (RFC 3264), pure: descriptions in, values out.
package enum OfferAnswer {
  /// Packet lengths that are agreed to, in ms.
  package static let packetTimes = 10...60

  /// An offer of everything that we take.
  package static func offer(_ local: LocalAudio) -> SessionDescription {
    var medium = MediaDescription(
      kind: "audio", port: local.port,
      transport: local.browser != nil
        ? BrowserTransport.profile : local.crypto == nil ? "RTP/AVP" : "RTP/SAVP", formats: [])
    describe(local, in: &medium, formats: local.supported, ptime: local.ptime, direction: local.direction)
    if let browser = local.browser {
      browser.describe(in: &medium, address: local.address, port: local.port)
    } else {
      if local.rtcpMux { medium.attributes.append(.init("rtcp-mux")) }
      if let crypto = local.crypto { medium.attributes.append(.init("crypto", crypto.text)) }
    }
    return session(local, media: [medium])
  }

  /// The answer to an offer, and what both now agree on.
  ///
  /// One codec is answered (with keys and comfort noise beside it), so that no party changes it in mid-call,
  /// under the offer's own payload types. Media that are not used get port 0.
  /// - Parameter preferring: chosen if it is offered, as the other leg of the call has it; otherwise the
  ///   offer's order decides.
  package static func answer(
    to offer: SessionDescription, local: LocalAudio, preferring: AudioFormat? = nil
  ) throws(OfferAnswerError) -> (answer: SessionDescription, negotiation: AudioNegotiation) {
    let index = try audioIndex(offer, local)
    let offered = offer.media[index]
    let agreed = try agree(offer, offered, local: local, preferring: preferring)
    var answered = MediaDescription(
      kind: "audio", port: local.port, transport: offered.transport, formats: [])
    var codec = agreed.codec
    // What we say of an encoding is what we take, not what was offered.
    if codec.isSameEncoding(as: .opus) {
      codec.parameters = local.supported.first { $0.isSameEncoding(as: .opus) }?.parameters
    }
    var formats = [codec]
    for format in offered.audioFormats {
      if format.payloadType == agreed.telephoneEventPayloadType {
        // Keys: those that we take, not those that were offered.
        var keys = format
        keys.parameters = local.supported.first(where: \.isTelephoneEvent)?.parameters
        formats.append(keys)
      } else if agreed.comfortNoise, format.isComfortNoise, format.clockRate == 8_000 {
        formats.append(format)
      }
    }
    describe(
      local, in: &answered, formats: formats, ptime: agreed.ptime, direction: agreed.localDirection)
    if var browser = local.browser {
      browser.mid = agreed.browser?.mid
      browser.describe(in: &answered, address: local.address, port: local.port)
    } else {
      if agreed.rtcpMux { answered.attributes.append(.init("rtcp-mux")) }
      if let crypto = agreed.crypto { answered.attributes.append(.init("crypto", crypto.local.text)) }
    }
    let media = offer.media.enumerated().map { medium in
      guard medium.offset != index else { return answered }
      var refused = medium.element.refused
      // A browser finds its media by these names.
      if local.browser != nil, let mid = medium.element.attributes.value(of: "mid") {
        refused.attributes = [.init("mid", mid), .init("inactive")]
      }
      return refused
    }
    return (session(local, media: media), agreed)
  }

  /// What an answer to our offer agrees on.
  package static func conclude(
    answer: SessionDescription, local: LocalAudio
  ) throws(OfferAnswerError) -> AudioNegotiation {
    // Our offer has one medium, and an answer has as many (section 6).
    guard let medium = answer.media.first, medium.kind == "audio" else { throw .noAudio }
    guard medium.port != 0 else { throw .refused }
    var agreed = try agree(answer, medium, local: local, preferring: nil)
    if local.crypto == nil {
      // Keys that we didn't ask for, of a peer that doesn't have ours.
      agreed.crypto = nil
    } else if agreed.crypto == nil {
      throw .noUsableKeys
    }
    if let browser = agreed.browser, browser.setup != .active { throw .wrongSetup(browser.setup.rawValue) }
    if let ours = local.supported.first(where: { $0.isSameEncoding(as: agreed.codec) }) {
      agreed.localPayloadType = ours.payloadType
    }
    if agreed.telephoneEventPayloadType != nil {
      // Each sends under the number that the other has named, and an answer may name another than our offer.
      agreed.localTelephoneEventPayloadType =
        local.supported.first { $0.isTelephoneEvent && $0.clockRate == agreed.codec.clockRate }?.payloadType
    }
    return agreed
  }

  /// The first audio stream that is on and that we can carry.
  private static func audioIndex(
    _ offer: SessionDescription, _ local: LocalAudio
  ) throws(OfferAnswerError) -> Int {
    let audio = offer.media.indices.filter { offer.media[$0].kind == "audio" && offer.media[$0].port != 0 }
    guard let first = audio.first else { throw .noAudio }
    guard let usable = audio.first(where: { isSupported(offer.media[$0].transport, local) }) else {
      throw .unsupportedTransport(offer.media[first].transport)
    }
    return usable
  }

  private static func isSupported(_ transport: String, _ local: LocalAudio) -> Bool {
    guard local.browser == nil else { return BrowserTransport.profiles.contains(transport) }
    return open.contains(transport) || !local.secret.isEmpty && secure.contains(transport)
  }

  private static let open: Set<String> = ["RTP/AVP", "RTP/AVPF"]
  private static let secure: Set<String> = ["RTP/SAVP", "RTP/SAVPF"]

  /// The keys of both. Where the peer insists on them (RTP/SAVP), there must be some that we can use; where it only has
  /// them beside (RFC 8643), they are taken if they can be.
  private static func keys(
    _ medium: MediaDescription, _ local: LocalAudio
  ) throws(OfferAnswerError) -> CryptoAgreement? {
    guard local.browser == nil, !local.secret.isEmpty else { return nil }
    guard let remote = CryptoAttribute.best(of: medium) else {
      if secure.contains(medium.transport) { throw .noUsableKeys }
      return nil
    }
    if let own = local.crypto, own.suite == remote.suite {
      // To an offer of ours it bears our tag; to one of theirs, we bear theirs.
      return CryptoAgreement(
        local: CryptoAttribute(tag: remote.tag, suite: own.suite, secret: own.secret), remote: remote)
    }
    let secret = Array(local.secret.prefix(remote.suite.secretLength))
    return CryptoAgreement(
      local: CryptoAttribute(tag: remote.tag, suite: remote.suite, secret: secret), remote: remote)
  }

  private static func agree(
    _ remote: SessionDescription, _ medium: MediaDescription, local: LocalAudio, preferring: AudioFormat?
  ) throws(OfferAnswerError) -> AudioNegotiation {
    guard isSupported(medium.transport, local) else { throw .unsupportedTransport(medium.transport) }
    let offered = medium.audioFormats
    let supported = local.supported.filter { !$0.isTelephoneEvent && !$0.isComfortNoise }
    let common = offered.filter { format in supported.contains { $0.isSameEncoding(as: format) } }
    let preferred = common.first { format in preferring?.isSameEncoding(as: format) == true }
    let first =
      local.hasOwnOrder
      ? supported.lazy.compactMap { ours in common.first { $0.isSameEncoding(as: ours) } }.first
      : common.first
    guard let codec = preferred ?? first else {
      throw .noCommonCodec(offered: offered.map(\.mapping), supported: supported.map(\.mapping))
    }
    let address = remote.connection(of: medium)?.address ?? ""
    var browser: BrowserTransport?
    var direction = remote.direction(of: medium)
    if local.browser != nil {
      browser = try BrowserTransport(of: medium, in: remote)
      if browser?.setup == .passive || browser?.setup == .holdconn { throw .wrongSetup("passive") }
      // A browser writes 0.0.0.0 where it has no candidate yet; that is no hold.
      direction = medium.attributes.direction ?? remote.attributes.direction ?? .sendrecv
    } else {
      guard IPAddress(address)?.isUnicast == true else { throw .unusableAddress(address) }
    }
    let hasMux = medium.isMultiplexed && local.rtcpMux
    let takesKeys = local.supported.contains(where: \.isTelephoneEvent)
    let keys = offered.first { takesKeys && $0.isTelephoneEvent && $0.clockRate == codec.clockRate }
    var agreed = AudioNegotiation(
      codec: codec,
      telephoneEventPayloadType: keys?.payloadType,
      localTelephoneEventPayloadType: keys?.payloadType,
      comfortNoise: local.supported.contains(where: \.isComfortNoise)
        && offered.contains { $0.isComfortNoise && $0.clockRate == 8_000 },
      ptime: packetTime(medium, local: local), remoteAddress: address, remotePort: medium.port,
      remoteRTCPPort: hasMux ? medium.port : medium.controlPort, rtcpMux: hasMux,
      remoteDirection: direction, localDirection: direction.mirrored.limited(to: local.direction))
    agreed.browser = browser
    agreed.crypto = try Self.keys(medium, local)
    return agreed
  }

  /// The remote party's wish, else ours, within its maximum and what we take.
  private static func packetTime(_ medium: MediaDescription, local: LocalAudio) -> Int {
    let wish = medium.packetTime ?? local.ptime
    let allowed = min(wish, medium.maximumPacketTime ?? packetTimes.upperBound)
    return min(max(allowed, packetTimes.lowerBound), packetTimes.upperBound)
  }

  private static func session(_ local: LocalAudio, media: [MediaDescription]) -> SessionDescription {
    var session = SessionDescription(
      origin: .init(
        username: "earshot", sessionID: local.sessionID, version: local.version,
        address: .init(local.address)),
      connection: .init(local.address))
    session.media = media
    if local.browser != nil {
      let mids = media.filter { $0.port != 0 }.compactMap { $0.attributes.value(of: "mid") }
      session.attributes = [
        .init("ice-lite"), .init("group", (["BUNDLE"] + mids).joined(separator: " ")),
        .init("msid-semantic", "WMS *"),
      ]
    }
    return session
  }

  private static func describe(
    _ local: LocalAudio, in medium: inout MediaDescription, formats: [AudioFormat], ptime: Int,
    direction: SDPDirection
  ) {
    medium.formats = formats.map { String($0.payloadType) }
    for format in formats {
      medium.attributes.append(.init("rtpmap", "\(format.payloadType) \(format.mapping)"))
      if let parameters = format.parameters {
        medium.attributes.append(.init("fmtp", "\(format.payloadType) \(parameters)"))
      }
    }
    medium.attributes.append(.init("ptime", String(ptime)))
    medium.attributes.append(.init(direction.rawValue))
    if let port = local.rtcpPort { medium.attributes.append(.init("rtcp", String(port))) }
  }
}
