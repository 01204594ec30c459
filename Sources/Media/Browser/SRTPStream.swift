import COpenSSL
import RTP

/// One direction of SRTP and SRTCP (RFC 3711; RFC 7714): its session keys and what has been seen of it. The owner of its
/// OpenSSL contexts. Packets are sealed and opened in place; nothing is allocated for them (why this isn't libsrtp:
/// Docs/Decisions/0008-srtp.md).
package final class SRTPStream {
  /// Bytes that sealing adds at most: tag and index.
  package static let mostOverhead = 24
  /// Streams of one peer that are told apart. More are refused: a replay of a forgotten one would pass for new.
  private static let mostSources = 16

  private struct Source {
    var ssrc: UInt32
    var packets = SRTPReplay()
    var reports = SRTPReplay()
  }

  private let profile: SRTPProfile
  private let isSealing: Bool
  private let packetCipher: OpaquePointer?
  private let reportCipher: OpaquePointer?
  private let packetHMAC: UnsafeMutablePointer<earshot_hmac_sha1>
  private let reportHMAC: UnsafeMutablePointer<earshot_hmac_sha1>
  /// Session salts of RTP and RTCP, 16 bytes each with zeros at the end; then the counter block of the packet in hand,
  /// its tag, and what is authenticated beside it.
  private let memory: UnsafeMutablePointer<UInt8>
  private let sources: UnsafeMutablePointer<Source>
  private var sourceCount = 0
  private var reportIndex: UInt32 = 0

  private var counter: UnsafeMutablePointer<UInt8> { memory + 32 }
  private var tag: UnsafeMutablePointer<UInt8> { memory + 48 }
  private var extra: UnsafeMutableRawPointer { UnsafeMutableRawPointer(memory + 72) }

  package init(_ profile: SRTPProfile, _ master: SRTPMaster, isSealing: Bool) {
    self.profile = profile
    self.isSealing = isSealing
    let cipher = profile == .aes128GCM ? EVP_aes_128_gcm() : EVP_aes_128_ctr()
    func context(_ label: SRTPMaster.Label) -> OpaquePointer? {
      let context = EVP_CIPHER_CTX_new()
      EVP_CipherInit_ex(
        context, cipher, nil, master.derive(label, count: SRTPProfile.keyLength), nil, isSealing ? 1 : 0)
      return context
    }
    func hmac(_ label: SRTPMaster.Label) -> UnsafeMutablePointer<earshot_hmac_sha1> {
      let keyed = UnsafeMutablePointer<earshot_hmac_sha1>.allocate(capacity: 1)
      earshot_hmac_sha1_init(keyed, master.derive(label, count: 20), 20)
      return keyed
    }
    packetCipher = context(.encryption)
    reportCipher = context(.controlEncryption)
    packetHMAC = hmac(.authentication)
    reportHMAC = hmac(.controlAuthentication)
    memory = .allocate(capacity: 96)
    memory.initialize(repeating: 0, count: 96)
    for (index, byte) in master.derive(.salt, count: profile.saltLength).enumerated() { memory[index] = byte }
    for (index, byte) in master.derive(.controlSalt, count: profile.saltLength).enumerated() {
      memory[16 + index] = byte
    }
    sources = .allocate(capacity: Self.mostSources)
  }

  deinit {
    EVP_CIPHER_CTX_free(packetCipher)
    EVP_CIPHER_CTX_free(reportCipher)
    packetHMAC.deallocate()
    reportHMAC.deallocate()
    memory.deallocate()
    sources.deallocate()
  }

  // MARK: RTP

  /// Seals a packet of RTP. There have to be `mostOverhead` bytes behind it.
  /// - Returns: its new length; 0 if its number has been used or is too old.
  package func seal(_ bytes: UnsafeMutableRawPointer, count: Int) -> Int {
    guard let header = RTPHeader.parse(bytes, count: count), let place = place(header.ssrc, adding: true),
      let index = sources[place].packets.index(of: header.sequence), sources[place].packets.admits(index)
    else { return 0 }
    sources[place].packets.note(index)
    let body = header.payloadOffset
    setCounter(salt: 0, ssrc: header.ssrc, index: index)
    if profile == .aes128GCM {
      guard crypt(packetCipher, bytes, associated: body, nil, bytes + body, count &- body, bytes + count)
      else { return 0 }
      return count &+ 16
    }
    guard crypt(packetCipher, bytes + body, count &- body) else { return 0 }
    extra.store(big32: UInt32(truncatingIfNeeded: index >> 16), at: 0)
    earshot_hmac_sha1_make(packetHMAC, bytes, count, extra, 4, tag)
    (bytes + count).copyMemory(from: tag, byteCount: 10)
    return count &+ 10
  }

  /// Opens a packet of SRTP.
  /// - Returns: the length of the RTP in it; 0 if it is forged, replayed, or none.
  func open(_ bytes: UnsafeMutableRawPointer, count: Int) -> Int {
    let overhead = profile == .aes128GCM ? 16 : 10
    let length = count &- overhead
    guard length >= RTPHeader.length, let body = Self.payloadOffset(bytes, count: length) else { return 0 }
    let ssrc = bytes.big(at: 8)
    let sequence = UInt16(truncatingIfNeeded: bytes.big(at: 0))
    let known = place(ssrc, adding: false)
    if known == nil, sourceCount == Self.mostSources { return 0 }
    let replay = known.map { sources[$0].packets } ?? SRTPReplay()
    guard let index = replay.index(of: sequence), replay.admits(index) else { return 0 }
    setCounter(salt: 0, ssrc: ssrc, index: index)
    if profile == .aes128GCM {
      guard crypt(packetCipher, bytes, associated: body, nil, bytes + body, length &- body, bytes + length)
      else { return 0 }
    } else {
      extra.store(big32: UInt32(truncatingIfNeeded: index >> 16), at: 0)
      earshot_hmac_sha1_make(packetHMAC, bytes, length, extra, 4, tag)
      guard CRYPTO_memcmp(tag, bytes + length, 10) == 0, crypt(packetCipher, bytes + body, length &- body)
      else {
        return 0
      }
    }
    if let place = known ?? place(ssrc, adding: true) { sources[place].packets.note(index) }
    return length
  }

  // MARK: RTCP

  /// Seals a compound packet of RTCP.
  func sealReport(_ bytes: UnsafeMutableRawPointer, count: Int) -> Int {
    guard count >= 8 else { return 0 }
    reportIndex = (reportIndex &+ 1) & 0x7FFF_FFFF
    setCounter(salt: 16, ssrc: bytes.big(at: 4), index: UInt64(reportIndex))
    let word = reportIndex | 0x8000_0000
    if profile == .aes128GCM {
      extra.store(big32: word, at: 0)
      guard crypt(reportCipher, bytes, associated: 8, extra, bytes + 8, count &- 8, bytes + count) else {
        return 0
      }
      bytes.store(big32: word, at: count &+ 16)
      return count &+ 20
    }
    guard crypt(reportCipher, bytes + 8, count &- 8) else { return 0 }
    bytes.store(big32: word, at: count)
    earshot_hmac_sha1_make(reportHMAC, bytes, count &+ 4, nil, 0, tag)
    (bytes + (count &+ 4)).copyMemory(from: tag, byteCount: 10)
    return count &+ 14
  }

  /// Opens a packet of SRTCP; 0 if it is forged, replayed, or none. What isn't encrypted isn't taken.
  func openReport(_ bytes: UnsafeMutableRawPointer, count: Int) -> Int {
    let isGCM = profile == .aes128GCM
    let length = count &- (isGCM ? 20 : 14)
    guard length >= 8 else { return 0 }
    let place = isGCM ? length &+ 16 : length
    let word = UnsafeRawPointer(bytes).big32(at: place)
    let ssrc = bytes.big(at: 4)
    guard word & 0x8000_0000 != 0 else { return 0 }
    let index = UInt64(word & 0x7FFF_FFFF)
    let known = self.place(ssrc, adding: false)
    if known == nil, sourceCount == Self.mostSources { return 0 }
    if let known, !sources[known].reports.admits(index) { return 0 }
    setCounter(salt: 16, ssrc: ssrc, index: index)
    if isGCM {
      extra.store(big32: word, at: 0)
      guard crypt(reportCipher, bytes, associated: 8, extra, bytes + 8, length &- 8, bytes + length) else {
        return 0
      }
    } else {
      earshot_hmac_sha1_make(reportHMAC, bytes, length &+ 4, nil, 0, tag)
      guard CRYPTO_memcmp(tag, bytes + (length &+ 4), 10) == 0, crypt(reportCipher, bytes + 8, length &- 8)
      else {
        return 0
      }
    }
    if let found = known ?? self.place(ssrc, adding: true) { sources[found].reports.note(index) }
    return length
  }

  // MARK: Pieces

  private func place(_ ssrc: UInt32, adding: Bool) -> Int? {
    for index in 0..<sourceCount where sources[index].ssrc == ssrc { return index }
    guard adding, sourceCount < Self.mostSources else { return nil }
    (sources + sourceCount).initialize(to: Source(ssrc: ssrc))
    sourceCount &+= 1
    return sourceCount &- 1
  }

  /// Bytes before the payload of SRTP: padding is inside what is encrypted, so `RTPHeader.parse` isn't for it.
  private static func payloadOffset(_ bytes: UnsafeRawPointer, count: Int) -> Int? {
    let first = bytes.load(as: UInt8.self)
    guard first >> 6 == 2 else { return nil }
    var offset = RTPHeader.length &+ Int(first & 0x0F) &* 4
    if first & 0x10 != 0 {
      guard count >= offset &+ 4 else { return nil }
      offset = offset &+ 4 &+ Int(bytes.big16(at: offset &+ 2)) &* 4
    }
    return count >= offset ? offset : nil
  }

  /// The nonce (RFC 7714, section 8.1) or the counter block (RFC 3711, section 4.1.1).
  private func setCounter(salt: Int, ssrc: UInt32, index: UInt64) {
    let block = UnsafeMutableRawPointer(counter)
    block.copyMemory(from: memory + salt, byteCount: 16)
    let isGCM = profile == .aes128GCM
    let (ssrcAt, indexAt) = isGCM ? (2, 6) : (4, 8)
    block.store(big32: block.big(at: ssrcAt) ^ ssrc, at: ssrcAt)
    block.store(big32: block.big(at: indexAt) ^ UInt32(truncatingIfNeeded: index >> 16), at: indexAt)
    let low = UnsafeRawPointer(block).big16(at: indexAt &+ 4)
    block.store(big16: low ^ UInt16(truncatingIfNeeded: index), at: indexAt &+ 4)
  }

  /// Counter mode, in place.
  private func crypt(_ cipher: OpaquePointer?, _ body: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    let bytes = body.assumingMemoryBound(to: UInt8.self)
    var length: Int32 = 0
    return EVP_CipherInit_ex(cipher, nil, nil, nil, counter, isSealing ? 1 : 0) == 1
      && EVP_CipherUpdate(cipher, bytes, &length, bytes, Int32(count)) == 1
  }

  /// GCM, in place; the tag is written or checked.
  /// - Parameter word: four bytes more that are authenticated.
  private func crypt(
    _ cipher: OpaquePointer?, _ start: UnsafeMutableRawPointer, associated: Int,
    _ word: UnsafeMutableRawPointer?,
    _ body: UnsafeMutableRawPointer, _ count: Int, _ tag: UnsafeMutableRawPointer
  ) -> Bool {
    var length: Int32 = 0
    let bytes = body.assumingMemoryBound(to: UInt8.self)
    guard EVP_CipherInit_ex(cipher, nil, nil, nil, counter, isSealing ? 1 : 0) == 1 else { return false }
    if !isSealing, EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, tag) != 1 { return false }
    guard
      EVP_CipherUpdate(cipher, nil, &length, start.assumingMemoryBound(to: UInt8.self), Int32(associated))
        == 1
    else { return false }
    if let word, EVP_CipherUpdate(cipher, nil, &length, word.assumingMemoryBound(to: UInt8.self), 4) != 1 {
      return false
    }
    if count > 0, EVP_CipherUpdate(cipher, bytes, &length, bytes, Int32(count)) != 1 { return false }
    guard EVP_CipherFinal_ex(cipher, bytes + count, &length) == 1 else { return false }
    return !isSealing || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1
  }
}

extension UnsafeMutableRawPointer {
  fileprivate func big(at offset: Int) -> UInt32 { UnsafeRawPointer(self).big32(at: offset) }
}
