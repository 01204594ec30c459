import RTP
import Supervision

/// What a description can't be used for, as the domain is told.
struct NegotiationFailure: Error, Hashable {
  let fault: MediaFault

  init(_ fault: MediaFault) { self.fault = fault }

  /// A peer whose sound would go where our sockets don't reach.
  static func unreachable(_ address: String) -> NegotiationFailure {
    NegotiationFailure(
      .badDescription(
        "sound for \(address) can't be sent from media.bindAddress, which is of the other IP version; give an address of "
          + "the same version"))
  }

  init(_ error: SDPError) { fault = .badDescription(error.description) }

  init(_ error: OfferAnswerError) {
    switch error {
    case .noCommonCodec, .unsupportedTransport: fault = .noCommonCodec(error.description)
    case .noAudio, .refused, .unusableAddress, .unusableTransport, .wrongSetup, .noUsableKeys:
      fault = .badDescription(error.description)
    }
  }
}

/// Offers and answers of one leg (RFC 3264): what was said on both sides, and what is agreed.
struct SDPNegotiator {
  private let address: String
  private let port: UInt16
  private let session: String
  private let ptime: Int
  /// Our side of a browser's transport; nil for plain RTP.
  var browser: BrowserTransport?
  private let codecs: [AudioFormat]
  /// Of which our keys are made, where the peer offers keys in descriptions.
  private let secret: [UInt8]
  /// What the offer that waits for our answer says of the browser.
  private(set) var offeredBrowser: BrowserTransport?
  /// The offer of ours that waits for an answer.
  private var offered: LocalAudio?
  /// By what the answer was made that we gave last. It may be said again as an offer, to refresh the session.
  private var standing: LocalAudio?
  /// What we said last.
  private var described: SessionDescription?
  /// The peer's offer that waits for our answer.
  private var remoteOffer: SessionDescription?
  /// What is agreed, or what will be if the peer's offer is answered as it stands.
  private(set) var audio: AudioNegotiation?

  init(
    address: String, port: UInt16, leg: LegID, ptime: Int, browser: BrowserTransport? = nil,
    codecs: [AudioFormat], secret: [UInt8] = []
  ) {
    self.secret = secret
    self.address = address
    self.port = port
    session = String(leg.value)
    self.ptime = ptime
    self.browser = browser
    self.codecs = codecs
  }

  /// Bytes that the keys of any suite take.
  static let secretLength = CryptoAttribute.Suite.allCases.map(\.secretLength).max() ?? 0

  /// An offer that has been read and can be answered.
  struct Offer {
    fileprivate var description: SessionDescription
    fileprivate var audio: AudioNegotiation

    var direction: MediaDirection { .init(audio.remoteDirection) }
    /// Where the peer wants his sound.
    var address: String { audio.remoteAddress }
  }

  /// Reads a peer's offer, before anything is opened for it.
  /// - Parameter codecs: what is taken.
  static func read(
    offer sdp: String, codecs: [AudioFormat], isBrowser: Bool
  ) throws(NegotiationFailure) -> Offer {
    let description = try parse(sdp)
    var local = LocalAudio(
      address: "192.0.2.1", port: 9, sessionID: "0", supported: supported(first: nil, codecs))
    if isBrowser {
      local.browser = BrowserTransport(fragment: "", password: "", fingerprint: [], setup: .passive)
      local.supported = browserFormats(first: nil, codecs)
      local.rtcpMux = true
    } else {
      local.secret = [UInt8](repeating: 0, count: secretLength)
    }
    do throws(OfferAnswerError) {
      var audio = try OfferAnswer.answer(to: description, local: local).negotiation
      // Keys are made with the answer.
      audio.crypto = nil
      return Offer(description: description, audio: audio)
    } catch {
      throw NegotiationFailure(error)
    }
  }

  mutating func accept(_ offer: Offer) {
    remoteOffer = offer.description
    offeredBrowser = offer.audio.browser
    offered = nil
    // What is agreed stays in force until the answer.
    if audio == nil { audio = offer.audio }
  }

  /// Our offer; codec and packet time of `like` come first.
  mutating func makeOffer(like: AudioNegotiation?) -> String {
    var local = local(first: like?.codec, ptime: like?.ptime ?? ptime)
    local.rtcpMux = browser != nil
    local.browser?.setup = .actpass
    offered = local
    remoteOffer = nil
    return revise(OfferAnswer.offer(local))
  }

  /// The answer to the peer's offer, and what is agreed by it.
  mutating func makeAnswer(like: AudioNegotiation?) throws(NegotiationFailure) -> (String, AudioNegotiation) {
    guard let remoteOffer else {
      throw NegotiationFailure(
        .badDescription("there is no offer to be answered on this leg; take one first"))
    }
    var local = local(first: like?.codec, ptime: ptime)
    local.rtcpMux = true
    do throws(OfferAnswerError) {
      let (answer, agreed) = try OfferAnswer.answer(to: remoteOffer, local: local, preferring: like?.codec)
      audio = agreed
      standing = local
      return (revise(answer), agreed)
    } catch {
      throw NegotiationFailure(error)
    }
  }

  /// Takes the peer's answer to our last offer.
  mutating func conclude(answer sdp: String) throws(NegotiationFailure) -> AudioNegotiation {
    guard let local = offered ?? standing else {
      throw NegotiationFailure(.badDescription("an answer without an offer of ours; send the offer first"))
    }
    let answer = try Self.parse(sdp)
    do throws(OfferAnswerError) {
      var agreed = try OfferAnswer.conclude(answer: answer, local: local)
      if offered == nil, let audio, agreed.codec.isSameEncoding(as: audio.codec) {
        // What was said again has the peer's numbers, not ours.
        agreed.localPayloadType = audio.localPayloadType
        agreed.localTelephoneEventPayloadType = audio.localTelephoneEventPayloadType
      }
      audio = agreed
      return agreed
    } catch {
      throw NegotiationFailure(error)
    }
  }

  private mutating func revise(_ description: SessionDescription) -> String {
    let revised = described.map { description.revised(after: $0) } ?? description
    described = revised
    return revised.text
  }

  private func local(first codec: AudioFormat?, ptime: Int) -> LocalAudio {
    var local = LocalAudio(
      address: address, port: port, sessionID: session,
      supported: Self.supported(first: codec, codecs), ptime: ptime)
    if let browser {
      local.browser = browser
      local.hasOwnOrder = true
      local.supported = Self.browserFormats(first: codec, codecs)
    } else {
      local.secret = secret
      // Once there are keys, what we say has them again.
      local.crypto = audio?.crypto?.local
    }
    return local
  }

  /// The law of the other party first, so that both are passed on as they are; then the order of the settings.
  private static func browserFormats(first codec: AudioFormat?, _ order: [AudioFormat]) -> [AudioFormat] {
    let first = [AudioFormat.pcmu, .pcma].filter { law in
      codec?.isSameEncoding(as: law) == true
    }
    return first + order.filter { !first.contains($0) } + [.telephoneEvent, .wideTelephoneEvent]
  }

  /// The codec of the other party first, so that both are passed on as they are; then the order of the settings.
  private static func supported(first codec: AudioFormat?, _ order: [AudioFormat]) -> [AudioFormat] {
    let first = order.filter { codec?.isSameEncoding(as: $0) == true }
    let codecs = first + order.filter { !first.contains($0) }
    let keys: [AudioFormat] =
      codecs.contains { $0.clockRate == AudioFormat.wideTelephoneEvent.clockRate }
      ? [.wideTelephoneEvent] : []
    return codecs + [.comfortNoise, .telephoneEvent] + keys
  }

  private static func parse(_ sdp: String) throws(NegotiationFailure) -> SessionDescription {
    do throws(SDPError) {
      return try SessionDescription(parsing: sdp)
    } catch {
      throw NegotiationFailure(error)
    }
  }
}

extension MediaDirection {
  /// The same word of the same RFC.
  init(_ direction: SDPDirection) {
    switch direction {
    case .sendrecv: self = .sendrecv
    case .sendonly: self = .sendonly
    case .recvonly: self = .recvonly
    case .inactive: self = .inactive
    }
  }
}
