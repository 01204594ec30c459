/// What the packet path knows of a browser's leg: where it is, and the keys of both directions. A plain value of
/// `LegState`; the streams are owned by the leg's `BrowserLink`.
struct SecurePath {
  /// That of the worker, shared by all its browsers.
  let socket: UDPSocket
  let link: Unmanaged<BrowserLink>
  /// The address of the nominated pair; none while the browser is lost.
  var peer = SocketAddress()
  var sealing: Unmanaged<SRTPStream>?
  var opening: Unmanaged<SRTPStream>?

  var canSend: Bool { sealing != nil && peer.isReachable }
}
