import Configuration
import Glibc
import Media
import Signalling
import Supervision

/// What the planes are told of the configuration.
extension Configuration {
  var overloadLimits: Overload.Limits {
    var limits = Overload.Limits()
    limits.supervision = Double(overload.supervision) / 100
    limits.calls = Double(overload.calls) / 100
    return limits
  }

  var mediaSettings: MediaSettings {
    let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var settings = MediaSettings(
      bindAddress: media.bindAddress, advertisedAddress: media.advertisedAddress,
      ports: UInt16(media.rtpPorts.lowerBound)...UInt16(media.rtpPorts.upperBound),
      workers: media.workers == 0 ? cores : media.workers)
    settings.duckingDepth = media.duckingDepth
    settings.browserPort = UInt16(media.browserPort)
    settings.browserCodecs = media.browserCodecs.compactMap(CodecName.init)
    settings.callCodecs = media.callCodecs.compactMap(CodecName.init)
    settings.stunTimeout = media.stunTimeout * 1_000
    settings.qualityInterval = media.qualityInterval * 1_000
    return settings
  }

  /// - Throws: `SIPCertificates.Fault`.
  func signallingSettings() throws -> SignallingSettings {
    var settings = SignallingSettings(
      address: signalling.listen.host, port: UInt16(signalling.listen.port),
      advertisedAddress: signalling.advertisedAddress, realm: signalling.realm,
      trunks: trunks.map(\.signalled),
      accounts: users.compactMap { user in
        user.password.map { .init(user: user.name, tenant: user.tenant, password: $0) }
      })
    settings.tcp = signalling.tcp
    if let tls = signalling.tls {
      settings.tls = .init(
        port: UInt16(tls.port), folder: try SIPCertificates.gather(tls, in: storage.folder),
        sources: trunks.flatMap(\.addresses), asksPeers: tls.asksPeers)
    }
    settings.sessionExpires = signalling.sessionExpires
    settings.minimumSession = signalling.minimumSession
    settings.mappedHeaders = Set(headers.all)
    settings.routingHeaders = DialPlan(rules: routing.map(\.rule)).headers
    return settings
  }
}

extension TrunkConfiguration {
  fileprivate var signalled: SignallingSettings.Trunk {
    var settings = SignallingSettings.Trunk(
      name: name, tenant: tenant, sources: addresses.map { SourceNetwork($0) }, trusted: trusted)
    settings.nextHops = nextHops.map(\.description)
    settings.credentials = credentials.map { SIPCredentials(user: $0.username, password: $0.password) }
    settings.registration = registration
    settings.check = check
    return settings
  }
}
