/// Who may send to a leg (strict sources). The first packet from a permitted host fixes the peer; from then on the
/// socket is connected and the kernel drops everybody else.
struct SourceGate {
  /// Where the peer's description says that it is.
  private(set) var signalled = SocketAddress()
  /// Host that the leg's signalling came from; its port means nothing.
  var signalling = SocketAddress()
  /// `learn: any` on the trunk.
  var learnsAny = false
  /// Where packets came from; nothing until one came.
  private(set) var peer = SocketAddress()
  private(set) var isLearned = false

  /// Where to send: back to where it comes from, until then to where it was signalled.
  var destination: SocketAddress { isLearned ? peer : signalled }

  func admits(_ sender: SocketAddress) -> Bool {
    learnsAny || sender.hasSameHost(as: signalled) && !signalled.isUnspecified
      || sender.hasSameHost(as: signalling) && !signalling.isUnspecified
  }

  mutating func learn(_ sender: SocketAddress) {
    peer = sender
    isLearned = true
  }

  /// Takes a new description.
  /// - Returns: whether the peer has moved and must be learned anew.
  mutating func signal(_ address: SocketAddress) -> Bool {
    guard address != signalled else { return false }
    signalled = address
    // A hold by 0.0.0.0 says nothing about where the peer sends from.
    guard !address.isUnspecified, isLearned, peer != address else { return false }
    isLearned = false
    return true
  }
}
