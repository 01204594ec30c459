import RTP

/// The keys of both directions of a leg that has a socket of its own (RFC 4568). A plain value of `LegState`; the streams
/// are owned by the `CallLeg`.
struct CryptPath {
  let sealing: Unmanaged<SRTPStream>
  let opening: Unmanaged<SRTPStream>
}

/// The streams of a leg whose keys stand in the descriptions, and what they were made of. Their owner.
final class DescribedKeys {
  let agreement: CryptoAgreement
  private let sealing: SRTPStream
  private let opening: SRTPStream

  /// - Parameter before: what was in force: a key that goes on goes on counting, or packets of before would be taken
  ///   again, and numbers of ours used twice.
  init(_ agreement: CryptoAgreement, before: DescribedKeys?) {
    self.agreement = agreement
    let (local, remote) = (agreement.local, agreement.remote)
    if let before, before.agreement.local.hasSameKey(as: local) {
      sealing = before.sealing
    } else {
      sealing = SRTPStream(local.profile, local.master, isSealing: true)
    }
    if let before, before.agreement.remote.hasSameKey(as: remote) {
      opening = before.opening
    } else {
      opening = SRTPStream(remote.profile, remote.master, isSealing: false)
    }
  }

  var path: CryptPath {
    CryptPath(sealing: .passUnretained(sealing), opening: .passUnretained(opening))
  }
}

extension CryptoAttribute {
  fileprivate var profile: SRTPProfile { suite == .aes128GCM ? .aes128GCM : .aes128CounterSHA1 }

  fileprivate var master: SRTPMaster {
    SRTPMaster(
      key: Array(secret.prefix(SRTPProfile.keyLength)), salt: Array(secret.dropFirst(SRTPProfile.keyLength)))
  }

  fileprivate func hasSameKey(as other: CryptoAttribute) -> Bool {
    suite == other.suite && secret == other.secret
  }
}
