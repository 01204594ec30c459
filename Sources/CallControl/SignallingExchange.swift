import Supervision

/// Two ways to a phone behind one port: SIP, and the browsers' pages. The number of a leg says by which it goes, so
/// nothing has to be remembered of a leg, nor forgotten.
package final class SignallingExchange: SignallingPlane {
  /// Legs from this number on are browsers'. The odd ones are given by the browser plane to calls that a page makes,
  /// the even ones by the switchboard to those that it gets.
  package static let firstBrowserLeg: UInt64 = 1 << 62

  private let sip: any SignallingPlane
  private let browsers: any SignallingPlane

  package init(sip: any SignallingPlane, browsers: any SignallingPlane) {
    self.sip = sip
    self.browsers = browsers
  }

  package func perform(_ command: SignallingCommand) {
    // Lamps are on SIP phones alone.
    let isBrowser = command.leg.map { $0.value >= Self.firstBrowserLeg } ?? false
    (isBrowser ? browsers : sip).perform(command)
  }
}

extension SignallingCommand {
  /// The leg that it is about; nil for a lamp.
  package var leg: LegID? {
    switch self {
    case .dial(let leg, _, _, _, _), .progress(let leg, _, _), .answer(let leg, _), .reject(let leg, _),
      .refuse(let leg, _), .answerOffer(let leg, _), .rejectOffer(let leg, _),
      .reportReferral(let leg, _), .end(let leg, _):
      leg
    case .showLamp, .refuseLamp: nil
    }
  }
}
