import Configuration
import Testing

@Suite("Faults of a configuration")
struct ConfigurationFaultTests {
  /// The rest that makes a text valid.
  static let address = "signalling: { advertisedAddress: '192.0.2.1' }"

  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let path: String
    let what: String
    let remedy: String
    var testDescription: String { text }

    init(_ text: String, _ path: String, _ what: String, _ remedy: String) {
      self.text = text
      self.path = path
      self.what = what
      self.remedy = remedy
    }
  }

  static let trunk = "{ name: 'pbx', addresses: ['10.0.0.1'], nextHop: 'pbx.example:5060' }"

  static let cases = [
    Case("\(address), mediaa: {}", "mediaa", "no such key", "Did you mean 'media'?"),
    Case("\(address), media: { rtpPort: 1 }", "media.rtpPort", "no such key", "Did you mean 'rtpPorts'?"),
    Case(
      "\(address), api: { xyzzy: 1 }", "api.xyzzy", "no such key",
      "Known keys: console, listen, names, tls, trustedProxies."),
    Case(
      "signalling: { listen: '[::1]:5060', advertisedAddress: '192.0.2.1' }", "signalling.advertisedAddress",
      "is IPv4, but ::1 is IPv6", "Give an IPv6"),
    Case(
      "\(address), media: { bindAddress: '192.0.2.1', advertisedAddress: '2001:db8::1' }",
      "media.advertisedAddress", "is IPv6, but 192.0.2.1 is IPv4", "Give an IPv4"),
    Case(
      "signalling: { advertisedAddress: '192.0.2.1', sessionExpires: 60 }", "signalling.sessionExpires",
      "shorter than minimumSession", "0 to ask for no timer"),
    Case("signalling: {}", "signalling.advertisedAddress", "is missing", "IP address at which"),
    Case("", "signalling.advertisedAddress", "is missing", "IP address at which"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], nextHop: 'pbx:5060;transport=sctp' }]",
      "trunks[0].nextHop", "'sctp' is no transport", "udp, tcp or tls"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], nextHop: 'pbx:5061;transport=tls' }]",
      "trunks[0].nextHop", "no certificate", "signalling.tls"),
    Case(
      "signalling: { advertisedAddress: '192.0.2.1', tls: { certificate: 'c', key: 'k' } }",
      "signalling.tls.authorities", "is missing", "vouch for trunks"),
    Case(
      "signalling: { advertisedAddress: '192.0.2.1', tls: { port: 5060, certificate: 'c', key: 'k', authorities: 'a' } }",
      "signalling.tls.port", "taken by SIP over TCP", "5061"),
    Case(
      "signalling: { advertisedAddress: '192.0.2.1', tls: { port: 8080, certificate: 'c', key: 'k', authorities: 'a' } }",
      "signalling.tls.port", "taken by api.listen", "5061"),
    Case(
      "signalling: { advertisedAddress: '192.0.2.1', tcp: false }, "
        + "trunks: [{ name: 'a', addresses: ['10.0.0.1'], nextHop: 'pbx:5060;transport=tcp' }]",
      "trunks[0].nextHop", "switches off", "signalling.tcp"),
    Case("\(address), media: []", "media", "is a list", "an object"),
    Case("signalling: { advertisedAddress: 'pbx' }", "signalling.advertisedAddress", "no IP address", "like"),
    Case("\(address), api: { listen: '8080' }", "api.listen", "no IP address with a port", "127.0.0.1:8080"),
    Case("\(address), api: { listen: '0.0.0.0:70000' }", "api.listen", "no IP address with a port", "like"),
    Case("\(address), api: { tls: 'yes' }", "api.tls", "is \"yes\"", "self-signed"),
    Case("\(address), api: { tls: true }", "api.tls", "is true", "self-signed"),
    Case("\(address), api: { tls: { certificate: 'c.pem' } }", "api.tls.key", "is missing", "private key"),
    Case(
      "\(address), api: { tls: { certificate: 'c', key: 'k', cert: 'c' } }", "api.tls.cert", "no such key",
      "Known keys: certificate, key."),
    Case("\(address), api: { names: ['a b'] }", "api.names", "neither a host name", "192.0.2.7"),
    Case("\(address), api: { names: ['x,DNS:evil'] }", "api.names", "neither a host name", "192.0.2.7"),
    Case(
      "\(address), api: { trustedProxies: ['proxy'] }", "api.trustedProxies", "neither an IP", "10.0.0.0/8"),
    Case("\(address), media: { browserCodecs: ['mp3'] }", "media.browserCodecs", "'mp3' is not", "opus"),
    Case("\(address), media: { callCodecs: ['g729'] }", "media.callCodecs", "'g729' is not", "pcmu"),
    Case("\(address), media: { callCodecs: [] }", "media.callCodecs", "names no codec", "preferred first"),
    Case(
      "\(address), media: { browserCodecs: [] }", "media.browserCodecs", "names no codec", "preferred first"),
    Case(
      "\(address), media: { browserCodecs: ['opus', 'opus'] }", "media.browserCodecs", "twice",
      "preferred first"),
    Case("\(address), media: { browserPort: 20500 }", "media.browserPort", "within rtpPorts", "beside"),
    Case("\(address), media: { stunTimeout: 1 }", "media.stunTimeout", "out of range", "5 to 300"),
    Case("\(address), media: { qualityInterval: 0 }", "media.qualityInterval", "out of range", "1 to 60"),
    Case("\(address), media: { iceServers: {} }", "media.iceServers", "is an object", "a list"),
    Case(
      "\(address), media: { iceServers: [{ }] }", "media.iceServers[0].urls",
      "names no server", "turn:turn.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: 'stun:a.example' }] }", "media.iceServers[0].urls",
      "is \"stun:a.example\"", "a list"),
    Case(
      "\(address), media: { iceServers: [{ urls: [] }] }", "media.iceServers[0].urls",
      "names no server", "turn:turn.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn.example.com:3478'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn.example.com:3478' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn://a.example'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn://a.example' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['https://a.example'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'https://a.example' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example:0'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn:a.example:0' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example:65536'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn:a.example:65536' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example?transport=sctp'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn:a.example?transport=sctp' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:[::1'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn:[::1' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['stun:a.example?transport=udp'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'stun:a.example?transport=udp' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:u@a.example'], username: 'u', credential: 'c' }] }",
      "media.iceServers[0].urls",
      "'turn:u@a.example' is no address", "stun:stun.example.com"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'] }] }", "media.iceServers[0].urls",
      "there are no credentials", "'secret'"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['stun:a.example', 'turns:a.example'] }] }",
      "media.iceServers[0].urls",
      "there are no credentials", "'secret'"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], username: 'u' }] }",
      "media.iceServers[0].credential",
      "is missing", "'secret' alone"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], credential: 'c' }] }",
      "media.iceServers[0].username",
      "is missing", "'secret' alone"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], username: '', credential: 'c' }] }",
      "media.iceServers[0].username",
      "is empty", "account"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], username: 'u', credential: 'c', secret: 's' }] }",
      "media.iceServers[0].secret",
      "beside username and credential", "either"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['stun:a.example'], secret: 's' }] }",
      "media.iceServers[0].secret",
      "of no use", "turn:"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], secret: { env: 'NOPE' } }] }",
      "media.iceServers[0].secret",
      "NOPE is not set", "Set NOPE"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], secret: '' }] }",
      "media.iceServers[0].secret",
      "is empty", "Give a secret"),
    Case(
      "\(address), media: { iceServers: [{ urls: ['turn:a.example'], secret: 's', user: 'u' }] }",
      "media.iceServers[0].user",
      "no such key", "urls"),
    Case("\(address), media: { workers: '2' }", "media.workers", "is \"2\"", "a whole number"),
    Case("\(address), media: { workers: 1.5 }", "media.workers", "is the number 1.5", "a whole number"),
    Case("\(address), media: { workers: -1 }", "media.workers", "-1 is out of range", "0 to 256"),
    Case("\(address), media: { duckingDepth: 3 }", "media.duckingDepth", "out of range", "dB"),
    Case("\(address), media: { rtpPorts: { from: 20001 } }", "media.rtpPorts.from", "odd", "20000 or 20002"),
    Case(
      "\(address), media: { rtpPorts: { from: 20000, to: 19999 } }", "media.rtpPorts.to", "no room",
      "a larger 'to'"),
    Case("\(address), media: { rtpPorts: { to: 99999 } }", "media.rtpPorts.to", "out of range", "65535"),
    Case(
      "signalling: { listen: '192.0.2.1:20002' }", "media.rtpPorts", "holds the SIP port 20002", "beside it"),
    Case("\(address), log: { level: 'loud' }", "log.level", "'loud' is not known", "'debug', 'info'"),
    Case(
      "\(address), headers: { queue: 'X Queue' }", "headers.queue", "no name of a header", "X-Earshot-Queue"),
    Case(
      "\(address), headers: { team: 'x-earshot-queue' }", "headers.team", "carries 'queue' already",
      "header of its own"),
    Case("\(address), storage: { audit: { gateDeadline: 0 } }", "storage.audit.gateDeadline", "range", "0.1"),
    Case("\(address), tenants: [{ name: 'a' }, { name: 'a' }]", "tenants[1].name", "same as", "of its own"),
    Case("\(address), tenants: [{}]", "tenants[0].name", "is missing", "short name"),
    Case(
      "\(address), tenants: [{ name: 'a', policy: { purposeRequired: ['bargee'] } }]",
      "tenants[0].policy.purposeRequired", "'bargee' is not known", "'barge'"),
    Case(
      "\(address), tenants: [{ name: 'a', deviceNetworks: ['10.0.0.0/33'] }]", "tenants[0].deviceNetworks",
      "neither", "10.0.0.0/8"),
    Case(
      "\(address), users: [{ name: 'a' }, { name: 'a' }]", "users[1].name", "same as that of users[0]", "own"),
    Case("\(address), users: [{ name: 'a b' }]", "users[0].name", "can't be dialled", "letters"),
    Case("\(address), users: [{ name: 'a', tenant: 'mian' }]", "users[0].tenant", "no tenant", "'main'"),
    Case(
      "\(address), tenants: [{ name: 'a' }, { name: 'b' }], users: [{ name: 'x' }]", "users[0].tenant",
      "is missing where there are several", "one of a, b"),
    Case("\(address), users: [{ name: 'a', role: 'player' }]", "users[0].role", "'player'", "'supervisor'"),
    Case("\(address), users: [{ name: 'a', token: 'short' }]", "users[0].token", "5 characters", "16"),
    Case(
      "\(address), users: [{ name: 'a', password: '' }]", "users[0].password", "empty", "leave the key out"),
    Case("\(address), users: [{ name: 'a', password: 7 }]", "users[0].password", "is the number 7", "env"),
    Case(
      "\(address), users: [{ name: 'a', password: { env: 'NOPE' } }]", "users[0].password", "NOPE is not set",
      "Set NOPE"),
    Case(
      "\(address), users: [{ name: 'a', password: { env: 'A', file: 'b' } }]", "users[0].password", "or two",
      "either"),
    Case(
      "\(address), users: [{ name: 'a', grants: [{ permissions: [] }] }]", "users[0].grants[0].permissions",
      "names no permission", "at least one"),
    Case(
      "\(address), users: [{ name: 'a', grants: [{ permissions: ['lisen'] }] }]",
      "users[0].grants[0].permissions", "'lisen' is not known", "'listen'"),
    Case(
      "\(address), users: [{ name: 'a', grants: [{ permissions: ['view'], until: 'soon' }] }]",
      "users[0].grants[0].until", "'soon' is no time", "2026-01-31T08:00:00Z"),
    Case(
      """
      \(address), users: [{ name: 'a', grants: [
        { permissions: ['view'], from: '2026-02-01T00:00:00Z', until: '2026-02-01T00:00:00+01:00' }] }]
      """, "users[0].grants[0].until", "not after 'from'", "later"),
    Case("\(address), trunks: [{ name: 'pbx' }]", "trunks[0].addresses", "names no address", "IP addresses"),
    Case(
      "\(address), trunks: [{ name: 'pbx', addresses: ['pbx.example'] }]", "trunks[0].addresses", "neither",
      "192.0.2.7"),
    Case(
      "\(address), trunks: [{ name: 'pbx', addresses: ['10.0.0.1'], nextHop: 'pbx' }]", "trunks[0].nextHop",
      "no host with a port", "pbx.example:5060"),
    Case(
      "\(address), trunks: [\(trunk), { name: 'sbc', addresses: ['10.0.0.0/24'] }]", "trunks[1].addresses",
      "overlaps 10.0.0.1 of trunk 'pbx'", "of its own"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ pattern: '1', from: ['pbxx'], to: { trunk: 'pbx' } }]",
      "routing[0].from", "no trunk 'pbxx'", "Did you mean 'pbx'?"),
    Case(
      "\(address), users: [{ name: 'anna' }], routing: [{ pattern: '1', to: { user: 'ana' } }]",
      "routing[0].to.user", "no user 'ana'", "Did you mean 'anna'?"),
    Case(
      "\(address), trunks: [{ name: 'in', addresses: ['10.0.0.1'] }], routing: [{ pattern: '1', to: { trunk: 'in' } }]",
      "routing[0].to.trunk", "has no nextHop", "host:port"),
    Case(
      "\(address), trunks: [\(trunk.replacing(" }", with: ", nextHops: ['a:1'] }"))]", "trunks[0].nextHops",
      "stands beside 'nextHop'", "preferred first"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], nextHops: ['a:1', 'a:1'] }]",
      "trunks[0].nextHops", "names one twice", "each once"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], nextHops: ['a:1', 'a'] }]",
      "trunks[0].nextHops", "'a' is no host", "pbx.example:5060"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], username: 'us' }]", "trunks[0].username",
      "has no password", "the trunk expects"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], password: 'p' }]", "trunks[0].password",
      "without a username", "knows us by"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], username: 'a:b', password: 'p' }]",
      "trunks[0].username", "can't stand in a digest", "colons"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], username: 'us', password: { env: 'NOT_SET' } }]",
      "trunks[0].password", "NOT_SET is not set", "before the start"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], nextHop: 'a:1', register: true }]",
      "trunks[0].register", "needs a username and a password", "leave 'register' out"),
    Case(
      "\(address), trunks: [{ name: 'a', addresses: ['10.0.0.1'], username: 'u', password: 'p', register: true }]",
      "trunks[0].register", "needs a next hop", "host:port"),
    Case(
      "\(address), media: { browserPort: 29998, workers: 4, rtpPorts: { from: 30000, to: 30999 } }",
      "media.browserPort", "29998 to 30001, a port for each worker, lies within rtpPorts", "beside"),
    Case(
      "\(address), media: { browserPort: 65535, workers: 2 }", "media.browserPort",
      "outside of 1024 to 65535",
      "room for 2"),
    Case(
      "\(address), media: { browserPort: 5059, workers: 2 }", "media.browserPort", "on the SIP port 5060",
      "another port"),
    Case(
      "\(address), api: { listen: '127.0.0.1:5060' }", "api.listen", "taken by SIP over TCP", "another port"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ regex: '0(', to: { trunk: 'pbx' } }]", "routing[0].regex",
      "'0(' is no regular expression: at character 2, '(' is never closed", "written twice"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ headers: { 'X-Line': '*' }, to: { trunk: 'pbx' } }]",
      "routing[0].headers.X-Line", "repeats nothing", "Mend it"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ headers: { 'X Line': 'a' }, to: { trunk: 'pbx' } }]",
      "routing[0].headers.X Line", "no name of a header", "X-Line"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ pattern: '1', to: { trunk: 'pbx', number: '$1' } }]",
      "routing[0].to.number", "has no regex", "$$"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ regex: '1(.)', to: { trunk: 'pbx', number: '$2' } }]",
      "routing[0].to.number", "the regex has 1 groups", "parentheses"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ regex: '1(.)', to: { trunk: 'pbx', number: '$1', prefix: '0' } }]",
      "routing[0].to.number", "beside 'strip' or 'prefix'", "whole number"),
    Case(
      "\(address), users: [{ name: 'a' }], routing: [{ pattern: '1', to: { user: 'a', number: '1' } }]",
      "routing[0].to.number", "for trunks alone", "Leave it out"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ to: { trunk: 'pbx' } }]", "routing[0].pattern",
      "is missing",
      "2000"),
    Case("\(address), routing: [{ pattern: '1', to: {} }]", "routing[0].to", "no destination", "either"),
    Case("\(address), routing: [{ pattern: '1' }]", "routing[0].to", "no destination", "either"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ pattern: '*1', to: { trunk: 'pbx' } }]",
      "routing[0].pattern",
      "before its end", "last"),
    Case(
      "\(address), trunks: [\(trunk)], routing: [{ pattern: '01*', to: { trunk: 'pbx', strip: 3 } }]",
      "routing[0].to.strip", "out of range", "0 to 2"),
    Case(
      """
      \(address), trunks: [\(trunk)],
      routing: [{ pattern: '0*', to: { trunk: 'pbx' } }, { pattern: '0*', to: { trunk: 'pbx', strip: 1 } }]
      """, "routing[1].pattern", "same as that of routing[0]", "of its own"),
  ]

  @Test("X1 each fault is told alone, with path, cause and remedy", arguments: cases)
  func fault(_ example: Case) throws {
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.parse("{\(example.text)}") }
    let faults = try #require(error?.faults)
    #expect(faults.map(\.path) == [example.path])
    #expect(faults.first?.what.contains(example.what) == true, "\(faults)")
    #expect(faults.first?.remedy.contains(example.remedy) == true, "\(faults)")
  }

  @Test("X1 all faults are told at once, in the order of the file, with their lines")
  func together() throws {
    let text = """
      {
        users: [{ name: 'a' }, { nam: 'b' }],
        media: {
          rtpPorts: { from: 7 },
          worker: 2,
        },
        signalling: { listen: 'x', advertisedAddress: '192.0.2.1' },
      }
      """
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.parse(text, file: "e.json5") }
    let faults = try #require(error?.faults)
    #expect(
      faults.map { "\($0.position?.description ?? "") \($0.path)" } == [
        "2:26 users[1].name", "2:28 users[1].nam", "4:17 media.rtpPorts.from", "5:5 media.worker",
        "7:17 signalling.listen",
      ])
    #expect(
      error?.description.contains(
        "e.json5:5:5: media.worker: there is no such key.\n    Did you mean 'workers'?") == true)
  }

  @Test("X1 the faults of several expressions are told at once")
  func expressions() throws {
    let text = """
      {\(Self.address), trunks: [\(Self.trunk)], routing: [
        { regex: '(', headers: { A: '[', B: 'b' }, to: { trunk: 'pbx' } },
        { regex: 'a{2', to: { trunk: 'pbx', number: '$1' } },
        { regex: 'x', to: { trunk: 'pbx' } }, { regex: 'x', to: { trunk: 'pbx', strip: 0 } }]}
      """
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.parse(text) }
    #expect(
      error?.faults.map(\.path) == [
        "routing[0].regex", "routing[0].headers.A", "routing[1].regex", "routing[3].pattern",
      ])
  }

  @Test("X1 a text that is no JSON5 is told with its place")
  func syntax() {
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.parse("{\n  media: {,}\n}") }
    #expect(error?.description.hasPrefix("earshot.json5:2:11: this is no JSON5: found ','") == true)
  }

  @Test("X1 a secret never stands in a fault")
  func secrecy() {
    let text = """
      { \(Self.address), users: [
        { name: 'a', token: 'open-sesame-open-sesame', password: 'xyzzy' },
        { name: 'b', token: 'open-sesame-open-sesame' }, { name: 'c', token: 'sesame' } ] }
      """
    let error = #expect(throws: InvalidConfiguration.self) { try Configuration.parse(text) }
    #expect(error?.faults.map(\.path) == ["users[1].token", "users[2].token"])
    #expect(error?.description.contains("sesame") == false)
  }
}
