/// Who may send to a leg (strict sources). The first packet from a permitted host fixes the peer; from then on the
/// socket is connected and the kernel drops everybody else.
struct SourceGate {
  /// For so long after a move what still comes from where the peer was is late, and not the peer.
  private static let lateness: Nanoseconds = 1_000_000_000

  /// Where the peer's description says that it is.
  private(set) var signalled = SocketAddress()
  /// The last of these that was an address.
  private var described = SocketAddress()
  /// Host that the leg's signalling came from; its port means nothing.
  var signalling = SocketAddress()
  /// `learn: any` on the trunk.
  var learnsAny = false
  /// Where packets came from; nothing until one came.
  private(set) var peer = SocketAddress()
  private(set) var isLearned = false
  /// Where the peer was before it moved, and when the last of its late packets must have come.
  private var former = SocketAddress()
  private var formerUntil: Nanoseconds = 0

  /// Where to send: back to where it comes from, until then to where it was signalled.
  var destination: SocketAddress { isLearned ? peer : signalled }

  func admits(_ sender: SocketAddress, now: Nanoseconds) -> Bool {
    // Or a late packet would tie the leg to the port that was left.
    if sender == former, sender != signalled, now < formerUntil { return false }
    return learnsAny || sender.hasSameHost(as: signalled) && !signalled.isUnspecified
      || sender.hasSameHost(as: signalling) && !signalling.isUnspecified
  }

  mutating func learn(_ sender: SocketAddress) {
    peer = sender
    isLearned = true
  }

  /// Takes a new description.
  /// - Returns: whether the peer has moved and must be learned anew.
  mutating func signal(_ address: SocketAddress, now: Nanoseconds) -> Bool {
    guard address != signalled else { return false }
    signalled = address
    // A hold by 0.0.0.0 says nothing about where the peer sends from, nor does its end.
    guard !address.isUnspecified, address != described else { return false }
    described = address
    guard isLearned, peer != address else { return false }
    former = peer
    formerUntil = now &+ Self.lateness
    isLearned = false
    return true
  }
}
