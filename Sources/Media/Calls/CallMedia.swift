import RTP
import Supervision

/// The sound of one call on its worker: carries out commands, between packets. Nothing here is on a packet's way.
final class CallMedia {
  let id: CallID
  unowned let loop: MediaLoop
  private(set) var legs: [LegID: CallLeg] = [:]
  private var rows: RowTable
  private let wheel: UnsafeMutablePointer<TimerWheel>
  let levelTimer = UnsafeMutablePointer<TimerNode>.allocate(capacity: 1)
  let qualityTimer = UnsafeMutablePointer<TimerNode>.allocate(capacity: 1)
  /// When quality is to be read next.
  var qualityDue: Nanoseconds = 0

  init(_ id: CallID, loop: MediaLoop) {
    self.id = id
    self.loop = loop
    rows = RowTable(loop: loop)
    wheel = loop.path.wheel
    let owner = Unmanaged.passUnretained(self).toOpaque()
    levelTimer.initialize(to: TimerNode(.levels, owner: owner))
    qualityTimer.initialize(to: TimerNode(.quality, owner: owner))
  }

  deinit {
    wheel.pointee.cancel(levelTimer)
    levelTimer.deallocate()
    wheel.pointee.cancel(qualityTimer)
    qualityTimer.deallocate()
  }

  func perform(_ command: MediaCommand) {
    switch command {
    case .acceptOffer(let leg, let sdp): acceptOffer(leg, sdp)
    case .makeOffer(let leg, let like): makeOffer(leg, like: like)
    case .acceptAnswer(let leg, let sdp, let source): acceptAnswer(leg, sdp, source)
    case .makeAnswer(let leg, let like): makeAnswer(leg, like: like)
    case .apply(let matrix, let revision):
      rows.apply(matrix, legs: legs.values)
      tell(.applied(revision: revision, proof: rows.proof))
    case .play(let sound, let listener): rows.play(sound, to: listener)
    // They concern two calls: the engine sees to them.
    case .detachLeg, .attachLeg: break
    case .closeLeg(let leg): if let leg = legs[leg] { close(leg) }
    case .closeCall:
      for leg in legs.values.sorted(by: { $0.id.value < $1.id.value }) { close(leg) }
      tell(.callClosed)
    }
  }

  func tell(_ event: MediaEvent) { loop.tell(id, event) }

  private func acceptOffer(_ leg: MediaLeg, _ sdp: String) {
    do throws(NegotiationFailure) {
      let isBrowser = leg.transport == .webRTC
      let offer = try SDPNegotiator.read(
        offer: sdp, codecs: isBrowser ? loop.settings.browserFormats : loop.settings.callFormats,
        isBrowser: isBrowser)
      guard isBrowser || loop.settings.reaches(offer.address) else {
        throw NegotiationFailure.unreachable(offer.address)
      }
      let opened = try open(leg)
      opened.negotiator.accept(offer)
      tell(.offerAccepted(leg.leg, offer.direction))
    } catch {
      tell(.failed(leg.leg, error.fault))
    }
  }

  private func makeOffer(_ leg: MediaLeg, like: LegID?) {
    do throws(NegotiationFailure) {
      let opened = try open(leg)
      let sdp = opened.negotiator.makeOffer(like: audio(like))
      tell(.description(leg.leg, sdp: sdp))
    } catch {
      tell(.failed(leg.leg, error.fault))
    }
  }

  private func acceptAnswer(_ id: LegID, _ sdp: String, _ source: String) {
    guard let leg = legs[id] else { return }
    do throws(NegotiationFailure) {
      let audio = try leg.negotiator.conclude(answer: sdp)
      guard leg.link != nil || loop.settings.reaches(audio.remoteAddress) else {
        throw NegotiationFailure.unreachable(audio.remoteAddress)
      }
      leg.permit(signalling: source)
      leg.apply(audio, now: loop.now)
      rows.prepareCodecs(legs.values)
      tell(.answerAccepted(id, .init(audio.remoteDirection)))
    } catch {
      tell(.failed(id, error.fault))
    }
  }

  private func makeAnswer(_ id: LegID, like: LegID?) {
    guard let leg = legs[id] else { return }
    do throws(NegotiationFailure) {
      leg.renewCredentials(with: &loop.generator)
      let (sdp, audio) = try leg.negotiator.makeAnswer(like: audio(like))
      leg.apply(audio, now: loop.now)
      rows.prepareCodecs(legs.values)
      tell(.description(id, sdp: sdp))
    } catch {
      tell(.failed(id, error.fault))
    }
  }

  private func audio(_ leg: LegID?) -> AudioNegotiation? { leg.flatMap { legs[$0]?.negotiator.audio } }

  private func open(_ leg: MediaLeg) throws(NegotiationFailure) -> CallLeg {
    if let known = legs[leg.leg] {
      known.permit(leg.sources)
      return known
    }
    do throws(MediaSetupError) {
      let opened = try loop.open(leg, of: self)
      legs[leg.leg] = opened
      rows.join(opened, legs: legs.values)
      watchLevels()
      watchQuality()
      return opened
    } catch {
      throw NegotiationFailure(.noResources(error.description))
    }
  }

  /// Gives a leg away; nil if there is none that could go.
  func detach(_ id: LegID) -> TravellingLeg? {
    guard let leg = legs[id] else { return nil }
    legs[id] = nil
    watchLevels()
    loop.settleTraffic()
    rows.leave(leg, legs: legs.values)
    // What was heard of a supervisor here is told here: elsewhere it is counted anew.
    if leg.role == .supervisor {
      tell(.legClosed(leg.id, leg.report(proof: rows.proof(from: leg.participant))))
    }
    forgetIfGone(leg.participant)
    return loop.detach(leg)
  }

  /// Takes a leg in, as it stands.
  func attach(_ travelling: TravellingLeg, as leg: MediaLeg) {
    do throws(MediaSetupError) {
      let attached = try loop.attach(travelling, as: leg, of: self)
      legs[leg.leg] = attached
      rows.join(attached, legs: legs.values)
      rows.prepareCodecs(legs.values)
      watchLevels()
      watchQuality()
    } catch {
      tell(.failed(leg.leg, .noResources(error.description)))
    }
  }

  private func close(_ leg: CallLeg) {
    legs[leg.id] = nil
    watchLevels()
    rows.leave(leg, legs: legs.values)
    tellLastQuality(of: leg)
    let report = leg.report(proof: rows.proof(from: leg.participant))
    forgetIfGone(leg.participant)
    loop.close(leg)
    tell(.legClosed(leg.id, report))
  }

  /// A supervisor who comes back by another connection has two legs for a while.
  private func forgetIfGone(_ participant: ParticipantID) {
    if !legs.values.contains(where: { $0.participant == participant }) { rows.forget(participant) }
  }
}
