import Foundation
import Supervision
import Testing

@testable import API

@Suite("Quality, as the API shows it")
struct QualityDocumentTests {
  @Test("M11 each participant has the figures of his leg, rounded; who has none has no key") func document()
    throws
  {
    var call = Floor.call("c1")
    var history = QualityHistory(
      LegQuality(received: StreamQuality(loss: 5.04, jitter: 3.333, mos: 3.9261)))
    history.add(
      LegQuality(
        received: StreamQuality(loss: 0, jitter: 1.26, mos: 4.4094),
        sent: StreamQuality(loss: 0.4, jitter: 2, mos: 4.3712), roundTrip: 41.46))
    call.quality[LegID(1)] = history
    let document = CallDocument(call, at: Floor.now, policy: Policy())
    let text = String(decoding: JSONDocument.encode(document.participants), as: UTF8.self)
    #expect(
      text.contains(
        #""quality":{"received":{"jitterMs":1.3,"loss":0,"mos":4.41,"worstMos":3.93},"#
          + #""sent":{"jitterMs":2,"loss":0.4,"mos":4.37,"roundTripMs":41.5,"worstMos":4.37}}"#))
    #expect(document.participants[1].quality == nil && text.components(separatedBy: "quality").count == 2)
  }
}
