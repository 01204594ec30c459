import Testing

@testable import Signalling

@Suite("Values of trunks") struct TrunkValueTests {
  @Test("S1 it takes two signs in a row to believe that a next hop is gone, or back")
  func health() {
    let signs = "+--+-+--++-++"
    var health = HopHealth()
    var verdicts = ""
    var changes = 0
    for sign in signs {
      if health.note(isAlive: sign == "+") { changes += 1 }
      verdicts += health.isUp ? "+" : "-"
    }
    #expect(verdicts == "++-------++++")
    #expect(changes == 2)
  }

  @Test(
    "S1 what counts as a sign of life: any answer, but not one that says that nobody serves",
    arguments: [
      (200, true), (302, true), (403, true), (404, true), (405, true), (483, true), (501, true), (603, true),
      (408, false), (500, false), (502, false), (503, false), (504, false),
    ])
  func signs(status: Int, isAlive: Bool) {
    #expect(HopHealth.isAlive(status, isLocal: false) == isAlive)
    #expect(!HopHealth.isAlive(status, isLocal: true))
  }

  @Test(
    "S1 a registration is tried again after 5 s, then less and less often; at once rarely where the password is wrong"
  )
  func backoff() {
    var backoff = RegistrationBackoff()
    let waits = (0..<9).map { _ in backoff.delay(after: 503, retryAfter: nil) }
    #expect(waits == [5, 10, 20, 40, 80, 160, 300, 300, 300])
    backoff.succeeded()
    #expect(backoff.delay(after: 408, retryAfter: nil) == 5)
    #expect(backoff.delay(after: 503, retryAfter: 60) == 60)
    #expect(backoff.delay(after: 503, retryAfter: 0) == 5, "no storm, whatever they say")
    #expect(backoff.delay(after: 503, retryAfter: 1_000_000) == 3600)
    for status in [401, 403, 407] {
      var fresh = RegistrationBackoff()
      #expect(fresh.delay(after: status, retryAfter: nil) == 300)
    }
    for _ in 0..<100 { _ = backoff.delay(after: 500, retryAfter: nil) }
    #expect(backoff.delay(after: 500, retryAfter: nil) == 300)
  }

  @Test("S1 a challenge is met as in RFC 7616 section 3.9.1, by either function")
  func vectors() throws {
    for (name, response) in [
      ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
      ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
      let challenge = try #require(
        DigestChallenge([
          "realm": "http-auth@example.org", "qop": "auth, auth-int", "algorithm": name,
          "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
          "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
        ]))
      let answer = challenge.answer(
        SIPCredentials(user: "Mufasa", password: "Circle of Life"), method: "GET", uri: "/dir/index.html",
        count: 1, clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
      #expect(answer.contains("response=\"\(response)\""))
      for part in ["algorithm=\(name)", "nc=00000001", "qop=auth,", "opaque=\"FQhe/"] {
        #expect(answer.contains(part), "\(answer)")
      }
    }
  }

  @Test("S1 a challenge of before RFC 2617 is met with neither count nor nonce; auth-int covers the body")
  func otherProtections() throws {
    let user = SIPCredentials(user: "u", password: "p")
    let old = try #require(DigestChallenge(["realm": "r", "nonce": "n"]))
    #expect(
      old.answer(user, method: "INVITE", uri: "sip:x", count: 1, clientNonce: "c")
        == "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\""
        + DigestHash.md5.hex("\(DigestHash.md5.hex("u:r:p")):n:\(DigestHash.md5.hex("INVITE:sip:x"))") + "\"")
    let whole = try #require(DigestChallenge(["realm": "r", "nonce": "n", "qop": "auth-int"]))
    let answers = ["", "a", "b"].map {
      whole.answer(user, method: "INVITE", uri: "sip:x", body: Array($0.utf8), count: 1, clientNonce: "c")
    }
    #expect(Set(answers).count == 3)
  }

  @Test(
    "S1 what can't be met isn't tried",
    arguments: [
      ["realm": "r", "nonce": "n", "algorithm": "SHA-512-256"], ["realm": "r", "nonce": "n", "qop": "other"],
      ["nonce": "n"], ["realm": "r"], ["realm": "r", "nonce": "n", "algorithm": "MD5-sess"],
    ])
  func unknown(parameters: [String: String]) { #expect(DigestChallenge(parameters) == nil) }
}
