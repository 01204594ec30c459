import RTP
import Supervision

@testable import Media

enum SDPFuzz {
  private static let codecs = CodecName.allCases.map(\.format)
  private static let browserCodecs = CodecName.allCases.map(\.browserFormat)

  static func run(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    guard let description = try? SessionDescription(parsing: text) else { return }
    // What we write of it, we read; and it is the same from then on.
    guard let again = try? SessionDescription(parsing: description.text) else {
      preconditionFailure("can't read what was written: \(description.text)")
    }
    precondition(again.text == description.text, "written otherwise: \(again.text)")
    for medium in description.media {
      _ = description.direction(of: medium)
      _ = medium.audioFormats
    }
    for isBrowser in [false, true] {
      negotiate(text, isBrowser: isBrowser)
    }
  }

  private static func negotiate(_ text: String, isBrowser: Bool) {
    let codecs = isBrowser ? browserCodecs : codecs
    var browser: BrowserTransport?
    if isBrowser {
      browser = BrowserTransport(
        fragment: "ABCDEFGH", password: String(repeating: "p", count: 32),
        fingerprint: Array(repeating: 7, count: 32), setup: .passive, mid: "0")
    }
    var negotiator = SDPNegotiator(
      address: "192.0.2.1", port: 4_000, leg: LegID(1), ptime: 20, browser: browser, codecs: codecs)
    if let offer = try? SDPNegotiator.read(offer: text, codecs: codecs, isBrowser: isBrowser) {
      negotiator.accept(offer)
      guard let (answer, agreed) = try? negotiator.makeAnswer(like: nil) else {
        preconditionFailure("an offer that was taken can't be answered")
      }
      precondition((10...60).contains(agreed.ptime) && agreed.remotePort != 0)
      guard let answered = try? SessionDescription(parsing: answer) else {
        preconditionFailure("can't read our own answer: \(answer)")
      }
      let offered = try? SessionDescription(parsing: text)
      precondition(answered.media.count == offered?.media.count, "as many media as offered (RFC 3264)")
    }
    // The same text as an answer to our own offer.
    _ = negotiator.makeOffer(like: nil)
    if let agreed = try? negotiator.conclude(answer: text) {
      precondition((10...60).contains(agreed.ptime) && agreed.remotePort != 0)
    }
  }
}
