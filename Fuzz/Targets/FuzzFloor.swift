import CLinux
import Glibc
import Locking
import Supervision

@testable import Media

/// A call on a media loop of its own, with real sockets, run by hand.
final class FuzzFloor {
  static let customer = ParticipantID(1)
  static let agent = ParticipantID(2)
  static let supervisor = ParticipantID(3)
  /// Where the parties are, and where nobody is whom a leg knows.
  static let peer = "127.0.0.2"
  static let stranger = "127.0.0.9"

  /// Made once in a process: keys and prompts take long. Every run leaves it as it was.
  /// Safe: the process runs one input after the other.
  nonisolated(unsafe) static let shared = FuzzFloor()
  private static let clock = Lock<Nanoseconds>(0)

  let loop: MediaLoop
  let call = CallID("fuzz")
  private let wake: WakeSignal
  private let descriptions = Descriptions()
  private var revision: UInt64 = 0

  private init() {
    var settings = MediaSettings(
      bindAddress: "127.0.0.1", advertisedAddress: "127.0.0.1", ports: 30_000...30_399, workers: 1)
    settings.qualityInterval = 1_000
    let descriptions = descriptions
    do {
      wake = try WakeSignal()
      loop = try MediaLoop(
        settings: settings, ports: try PortPool(bind: settings.bindAddress, range: settings.ports), number: 0,
        identity: try DTLSIdentity(), wake: wake.descriptor, busy: BusyTime(),
        post: try QualityPost(tell: { _, _ in }),
        clock: { Self.clock.withLock { $0 } },
        sink: { _, event in
          if case .description(let leg, let sdp) = event { descriptions.byLeg.withLock { $0[leg] = sdp } }
        })
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Lets ms pass.
  func advance(_ ms: Int) { Self.clock.withLock { $0 += Nanoseconds(ms) * .millisecond } }

  /// Everything that has come is dealt with.
  func settle() {
    wake.raise()
    // Each turn reads a datagram of each socket.
    for _ in 0..<4 { _ = loop.turn() }
    wake.clear()
  }

  /// - Returns: our answer to this offer; nil if it was refused.
  func join(_ participant: ParticipantID, _ role: Role, _ transport: LegTransport, sdp: String) -> String? {
    let id = LegID(UInt64(participant.value))
    let leg = MediaLeg(
      leg: id, participant: participant, role: role, sources: SourcePolicy(signallingAddress: nil),
      transport: transport)
    descriptions.byLeg.withLock { $0[id] = nil }
    loop.perform(.acceptOffer(leg, sdp: sdp), for: call)
    loop.perform(.makeAnswer(id, like: nil), for: call)
    return descriptions.byLeg.withLock { $0[id] }
  }

  func apply(_ routes: [(ParticipantID, ParticipantID)]) {
    revision += 1
    let matrix = RoutingMatrix(routes.map { Route(from: $0, to: $1) })
    loop.perform(.apply(matrix, revision: revision), for: call)
  }

  /// Ends the call; nothing of it may be left.
  func close() {
    loop.closeAll()
    let counters = loop.counters
    precondition(
      counters.calls == 0 && counters.legs == 0 && counters.sockets == 0 && counters.timers == 0,
      "\(counters)")
  }
}

/// Our answers, as the loop tells them.
private final class Descriptions: Sendable {
  let byLeg = Lock<[LegID: String]>([:])
}

/// A socket somewhere, by which somebody sends.
final class FuzzSender {
  private var socket: UDPSocket

  init(_ address: String) {
    do throws(SystemFailure) {
      socket = try UDPSocket(bind: SocketAddress(address, port: 0) ?? SocketAddress())
    } catch {
      preconditionFailure("\(error)")
    }
  }

  deinit { socket.close() }

  func send(_ bytes: [UInt8], to port: UInt16) {
    guard let target = SocketAddress("127.0.0.1", port: port) else { return }
    bytes.withUnsafeBytes { buffer in
      _ = socket.send(buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!, count: buffer.count, to: target)
    }
  }

  /// Whether anything has come.
  var hasReceived: Bool {
    withUnsafeTemporaryAllocation(byteCount: 2_048, alignment: 16) { buffer in
      guard let base = buffer.baseAddress else { return false }
      return socket.receive(base, capacity: 2_048) >= 0
    }
  }

  func discard() { while hasReceived {} }
}
