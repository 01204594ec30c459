import RTP
import Supervision

/// Legs of browsers: they share the worker's one port for them.
extension MediaLoop {
  /// It has no socket of its own; its link has what connects it.
  func openBrowser(_ leg: MediaLeg, of call: CallMedia) throws(MediaSetupError) -> CallLeg {
    if try browsers.enter() {
      do throws(SystemFailure) {
        try epoll.add(browsers.socket.descriptor, token: Self.browserToken)
      } catch {
        // Nobody else is there, so the port is given back.
        browsers.leave()
        throw .system(error.description)
      }
    }
    let sequence = UInt16.random(in: Numbering.firstSequences, using: &generator)
    let numbering = Numbering(ssrc: generator.next(), sequence: sequence, timestamp: generator.next())
    let state = path.legs.pointee.insert { slot, generation in
      LegState(
        leg: leg.leg.value, isCallLeg: leg.role.isCallParty, slot: slot, generation: generation, rtp: .none,
        rtcp: .none, numbering: numbering)
    }
    guard let state else {
      if browsers.isLast { epoll.remove(browsers.socket.descriptor) }
      browsers.leave()
      throw .noLeg(capacity: path.legs.pointee.capacity)
    }
    let credentials = ICECredentials(&generator)
    let link = BrowserLink(leg.leg, state: state, port: browsers, credentials: credentials) {
      [unowned call] event in call.browserChanged(event)
    }
    state.pointee.secure = SecurePath(socket: browsers.socket, link: .passUnretained(link))
    callOfLeg[leg.leg.value] = call.id
    setReportTimer(state)
    var transport = BrowserTransport(
      fragment: credentials.fragment, password: credentials.password,
      fingerprint: browsers.identity.fingerprint,
      setup: .passive, mid: "0")
    transport.ssrc = numbering.ssrc
    transport.cname = cname
    let negotiator = SDPNegotiator(
      address: settings.advertisedAddress, port: browsers.port, leg: leg.leg, ptime: settings.ptime,
      browser: transport, codecs: settings.browserFormats)
    return CallLeg(leg, state: state, port: browsers.port, negotiator: negotiator, link: link)
  }

  /// It belongs to no call until one takes it in; what it says meanwhile ends at the gate.
  func detachBrowser(_ leg: CallLeg) -> TravellingLeg {
    path.wheel.pointee.cancel(path.legs.pointee.reportTimer(leg.state))
    callOfLeg[leg.id.value] = nil
    leg.link?.belong { _ in }
    let (slot, generation) = (leg.state.pointee.slot, leg.state.pointee.generation)
    leg.state.pointee = leg.state.pointee.moved(to: slot, generation: generation)
    return TravellingLeg(leg, state: leg.state.pointee, ports: ports)
  }

  func attachBrowser(_ travelling: TravellingLeg, as leg: MediaLeg, of call: CallMedia) -> CallLeg {
    let attached = travelling.take()
    attached.move(to: attached.state, as: leg)
    callOfLeg[leg.leg.value] = call.id
    setReportTimer(attached.state)
    attached.link?.belong { [unowned call] event in call.browserChanged(event) }
    return attached
  }

  /// Nobody takes it in.
  func discard(_ travelling: TravellingLeg) { close(travelling.take()) }

  func closeBrowser(_ leg: CallLeg, _ link: BrowserLink) {
    link.close()
    path.wheel.pointee.cancel(path.legs.pointee.reportTimer(leg.state))
    path.legs.pointee.remove(leg.state)
    if browsers.isLast { epoll.remove(browsers.socket.descriptor) }
    browsers.leave()
  }
}
