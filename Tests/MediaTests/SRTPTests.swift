import RTP
import Testing

@testable import Media

@Suite("SRTP and STUN's integrity: vectors of the RFCs")
struct SRTPTests {
  private func bytes(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
    }
  }

  @Test("I1 session keys are derived as RFC 3711, appendix B.3, shows")
  func derivation() {
    let master = SRTPMaster(
      key: bytes("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: bytes("0EC675AD498AFEEBB6960B3AABE6"))
    #expect(master.derive(.encryption, count: 16) == bytes("C61E7A93744F39EE10734AFE3FF7A087"))
    #expect(master.derive(.salt, count: 14) == bytes("30CBBC08863D8C85D49DB34A9AE1"))
    #expect(master.derive(.authentication, count: 20) == bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"))
  }

  @Test("I1 the integrity of RFC 5769's messages is found right, and that of a changed one wrong")
  func integrity() throws {
    let request = bytes(
      "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff"
        + "80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249"
        + "c1b571a280280004e57a3bcf")
    let password = "VOkJxbRl1RmTxUk/WvJxBt"
    let (covered, integrity) = try request.withUnsafeBytes { buffer in
      let base = try #require(buffer.baseAddress)
      let message = try #require(STUNMessage.parse(base, count: buffer.count))
      return (message.integrityInput(base), message.integrity)
    }
    let expected = Array(request[(integrity + 4)..<(integrity + 24)])
    #expect(ICECredentials.authenticate(covered, password: password) == expected)
    #expect(ICECredentials.authenticate(covered, password: password + "x") != expected)
  }

  @Test("I1 sequence numbers wrap, late packets within 64 pass once, all else is refused")
  func window() {
    var replay = SRTPReplay()
    for number in 65_000..<66_500 {
      let index = replay.index(of: UInt16(truncatingIfNeeded: number))
      #expect(index == UInt64(number))
      replay.note(UInt64(number))
    }
    #expect(
      !replay.admits(66_499) && !replay.admits(66_450) && !replay.admits(66_400) && replay.admits(66_500))
    replay.note(66_510)
    #expect(replay.admits(66_505) && replay.index(of: 65_535) == 65_535)
    replay.note(66_505)
    #expect(!replay.admits(66_505))
  }

  @Test("I1 what is sealed opens to the same, RTP and RTCP", arguments: SRTPProfile.allCases)
  func roundTrip(profile: SRTPProfile) {
    let master = SRTPMaster(
      key: (0..<16).map { $0 }, salt: (0..<UInt8(profile.saltLength)).map { $0 &* 3 })
    let (sealing, opening) = (
      SRTPStream(profile, master, isSealing: true), SRTPStream(profile, master, isSealing: false)
    )
    for number in 0..<70_000 {
      let header = RTPHeader(
        payloadType: 0, sequence: UInt16(truncatingIfNeeded: number), timestamp: 1, ssrc: 77)
      let plain = header.packet([1, 2, 3, UInt8(truncatingIfNeeded: number)])
      var packet = plain + [UInt8](repeating: 0, count: SRTPStream.mostOverhead)
      let (isSame, isRefused) = packet.withUnsafeMutableBytes { buffer in
        guard let base = buffer.baseAddress else { return (false, false) }
        let count = sealing.seal(base, count: plain.count)
        guard Array(buffer[12..<16]) != Array(plain[12...]) else { return (false, false) }
        let copy = Array(buffer[0..<count])
        let opened = opening.open(base, count: count)
        let isSame = opened == plain.count && Array(buffer[0..<opened]) == plain
        buffer.copyBytes(from: copy)
        return (isSame, opening.open(base, count: count) == 0)
      }
      guard isSame, isRefused else {
        Issue.record("packet \(number): \(isSame) \(isRefused)")
        break
      }
    }
    let report: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 77] + [UInt8](repeating: 5, count: 24)
    var sealed = report + [UInt8](repeating: 0, count: SRTPStream.mostOverhead)
    sealed.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      let count = sealing.sealReport(base, count: report.count)
      #expect(count == report.count + (profile == .aes128GCM ? 20 : 14))
      let copy = Array(buffer[0..<count])
      #expect(opening.openReport(base, count: count) == report.count)
      #expect(Array(buffer[0..<report.count]) == report)
      buffer.copyBytes(from: copy)
      #expect(opening.openReport(base, count: count) == 0)
    }
  }
}
