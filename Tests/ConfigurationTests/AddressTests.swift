import Configuration
import Supervision
import Testing

@Suite("Addresses")
struct AddressTests {
  @Test(
    "S4 a network holds the addresses under its prefix",
    arguments: [
      ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "1.2.3.4", true),
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
      ("192.0.2.128/25", "192.0.2.129", true), ("192.0.2.128/25", "192.0.2.127", false),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("::1", "::1", true), ("::/0", "127.0.0.1", false), ("10.0.0.0/8", "nonsense", false),
    ])
  func containment(network: String, address: String, isInside: Bool) throws {
    #expect(try #require(IPNetwork(network)).contains(address) == isInside)
  }

  @Test(
    "S4 what is no network is refused",
    arguments: [
      "", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::1/129", "host", "10.0.0.1:5060",
    ])
  func malformed(text: String) { #expect(IPNetwork(text) == nil) }

  @Test("S4 networks overlap whichever is named first")
  func overlap() throws {
    let wide = try #require(IPNetwork("10.0.0.0/8"))
    let narrow = try #require(IPNetwork("10.1.0.0/16"))
    let other = try #require(IPNetwork("11.0.0.1"))
    #expect(wide.overlaps(narrow) && narrow.overlaps(wide))
    #expect(!wide.overlaps(other) && !other.overlaps(narrow))
  }

  @Test("S4 a socket address is a host and a port, IPv6 in brackets")
  func socketAddresses() {
    #expect(SocketAddress("pbx.example:5060") == SocketAddress(host: "pbx.example", port: 5060))
    #expect(SocketAddress("[::1]:0")?.description == "[::1]:0")
    for text in [
      "", "5060", ":5060", "host", "host:", "host:x", "::1:5060", "host:65536", "a b:1", "http://x:1",
    ] {
      #expect(SocketAddress(text) == nil, "\(text)")
    }
  }

  @Test(
    "X1 the nearest name is suggested where it is near enough",
    arguments: [
      ("lisen", "listen"), ("LISTEN", "listen"), ("liste", "listen"), ("brage", "barge"), ("xyzzy", nil),
      ("", nil),
    ] as [(String, String?)])
  func suggestions(name: String, expected: String?) {
    #expect(NearestName.suggestion(for: name, among: ["listen", "barge", "whisper"]) == expected)
  }
}
