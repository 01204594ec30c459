import Supervision
import Testing

@Suite("I1 the words of a network")
struct IPNetworkWordsTests {
  @Test(
    "leading words and the bits that count",
    arguments: [
      ("10.1.2.3", [[0x0A01_0203, 0xFFFF_FFFF]]), ("10.1.2.3/8", [[0x0A00_0000, 0xFF00_0000]]),
      ("0.0.0.0/0", []),
      ("10.0.0.128/25", [[0x0A00_0080, 0xFFFF_FF80]]),
      ("2001:db8::/32", [[0x2001_0DB8, 0xFFFF_FFFF]]),
      ("2001:db8:8000::/33", [[0x2001_0DB8, 0xFFFF_FFFF], [0x8000_0000, 0x8000_0000]]),
    ] as [(String, [[UInt32]])])
  func words(_ text: String, _ words: [[UInt32]]) throws {
    #expect(try #require(IPNetwork(text)).words.map { [$0.value, $0.mask] } == words)
  }
}
