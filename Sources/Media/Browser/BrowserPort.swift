import CLinux
import Glibc
import RTP

/// The one UDP port of a worker for all its browsers. Datagrams are told apart by their first byte (RFC 7983), and
/// browsers by the user name of a check (STUN) or, once one was right, by address. Used on the worker's thread only.
final class BrowserPort {
  /// Datagrams that are read in one go, before the telephones are looked at again.
  private static let batch = 64
  /// Those that are looked at before a gate is opened: more than the socket's buffer holds of them, and an end even
  /// where more come all the time.
  private static let mostPending = 16_384
  /// ns since a valid check for which an address is that of one browser, and of no other.
  private static let claim: Nanoseconds = 5_000_000_000
  private static let bufferBytes: Int32 = 4 << 20

  let path: PacketPath
  let identity: DTLSIdentity
  /// ns without a valid check after which a browser is lost.
  let patience: Nanoseconds
  private let ports: PortPool
  private let address: SocketAddress
  /// 0: of the pool, as long as there is a browser.
  private let fixedPort: UInt16
  private(set) var socket = UDPSocket.none
  private(set) var port: UInt16 = 0
  private(set) var legCount = 0

  private var legOfFragment: [UInt64: UnsafeMutablePointer<LegState>] = [:]
  private var holders: [SocketAddress: (leg: UnsafeMutablePointer<LegState>, checkedAt: Nanoseconds)] = [:]
  private var later = LaterDatagrams()
  private let input = UnsafeMutableRawPointer.allocate(byteCount: PacketPath.packetCapacity, alignment: 16)

  init(
    path: PacketPath, identity: DTLSIdentity, ports: PortPool, address: SocketAddress, fixedPort: UInt16,
    patience: Nanoseconds
  ) throws(SystemFailure) {
    self.path = path
    self.identity = identity
    self.ports = ports
    self.address = address
    self.fixedPort = fixedPort
    self.patience = patience
    if fixedPort != 0 {
      socket = try UDPSocket(bind: address.with(port: fixedPort))
      socket.widenBuffers(bytes: Self.bufferBytes)
      port = fixedPort
    }
  }

  deinit {
    socket.close()
    input.deallocate()
  }

  var isOpen: Bool { socket.isOpen }
  var hasWaiting: Bool { !later.isEmpty }

  /// A browser more. With the first one a port of the pool is taken.
  /// - Returns: whether the socket is new, and has to be watched.
  func enter() throws(MediaSetupError) -> Bool {
    legCount += 1
    guard !socket.isOpen else { return false }
    do throws(MediaSetupError) {
      var sockets = try ports.open()
      sockets.rtcp.close()
      socket = sockets.rtp
      port = sockets.port
    } catch {
      legCount -= 1
      throw error
    }
    socket.widenBuffers(bytes: Self.bufferBytes)
    return true
  }

  /// The socket is closed with the next `leave`.
  var isLast: Bool { legCount == 1 && fixedPort == 0 }

  /// A browser less.
  func leave() {
    legCount -= 1
    guard legCount == 0, fixedPort == 0 else { return }
    socket.close()
    ports.release(port)
    port = 0
  }

  // MARK: Who is who

  func expect(_ fragment: UInt64, _ leg: UnsafeMutablePointer<LegState>) { legOfFragment[fragment] = leg }

  func forget(_ fragment: UInt64) { legOfFragment[fragment] = nil }

  /// A check of this leg's browser from there was right.
  /// - Returns: false if another browser is there: the sender of this check pretends to be at that address.
  func place(_ leg: UnsafeMutablePointer<LegState>, at address: SocketAddress, now: Nanoseconds) -> Bool {
    if let holder = holders[address], holder.leg != leg, now &- holder.checkedAt < Self.claim { return false }
    holders[address] = (leg, now)
    return true
  }

  func remove(_ leg: UnsafeMutablePointer<LegState>, from address: SocketAddress) {
    if holders[address]?.leg == leg { holders[address] = nil }
  }

  // MARK: Datagrams

  /// Reads a batch. Sound of the calls goes its way at once, everything else is kept for `serve`.
  /// - Returns: how many there were.
  @discardableResult
  func receive(now: Nanoseconds) -> Int {
    var sender = SocketAddress()
    for number in 0..<Self.batch {
      let count = socket.receive(input, capacity: PacketPath.packetCapacity, from: &sender)
      guard count >= 0 else {
        if count != -Int(EAGAIN) { path.counters.pointee.receiveErrors &+= 1 }
        return number
      }
      sort(count, from: sender, now: now)
    }
    return Self.batch
  }

  private func sort(_ count: Int, from sender: SocketAddress, now: Nanoseconds) {
    let counters = path.counters
    guard count > 0, count < PacketPath.packetCapacity else {
      counters.pointee.malformed &+= 1
      return
    }
    switch input.load(as: UInt8.self) {
    case 0...3:
      guard let message = STUNMessage.parse(input, count: count) else {
        counters.pointee.malformed &+= 1
        return
      }
      // The cheap look: strangers cost no more than this, and leave nothing behind.
      guard message.kind == STUNMessage.Kind.bindingRequest, let fragment = message.localFragment(input),
        let leg = legOfFragment[fragment]
      else {
        counters.pointee.stunStrangers &+= 1
        return
      }
      keep(.check, leg, from: sender, count)
    case 20...63:
      guard let leg = holders[sender]?.leg else {
        counters.pointee.strangers &+= 1
        return
      }
      keep(.handshake, leg, from: sender, count)
    case 128...191:
      guard let leg = holders[sender]?.leg else {
        counters.pointee.strangers &+= 1
        return
      }
      if leg.pointee.isCallLeg {
        path.receive(sealed: input, count: count, leg, now: now)
      } else {
        keep(.sound, leg, from: sender, count)
      }
    default: counters.pointee.malformed &+= 1
    }
  }

  private func keep(
    _ kind: LaterDatagrams.Kind, _ leg: UnsafeMutablePointer<LegState>, from sender: SocketAddress,
    _ count: Int
  ) {
    if !later.append(kind, leg, from: sender, input, count: count) { path.counters.pointee.shed &+= 1 }
  }

  /// Deals with what was kept.
  /// - Parameter deadline: nil: all of it.
  func serve(until deadline: Nanoseconds?, now: Nanoseconds) {
    while let entry = later.next(path.legs.pointee) {
      switch entry.kind {
      case .sound: path.receive(sealed: entry.bytes, count: entry.count, entry.leg, now: now)
      case .check: link(entry.leg)?.check(entry.bytes, count: entry.count, from: entry.sender, now: now)
      case .handshake:
        link(entry.leg)?.handshake(entry.bytes, count: entry.count, from: entry.sender, now: now)
      }
      if let deadline, Clock.monotonic() >= deadline { return }
    }
  }

  private func link(_ leg: UnsafeMutablePointer<LegState>) -> BrowserLink? {
    leg.pointee.secure?.link.takeUnretainedValue()
  }

  /// Reads all that waits, before a voice is let in somewhere.
  func drain(now: Nanoseconds) {
    guard socket.isOpen else { return }
    var left = Self.mostPending
    while left > 0 {
      let count = receive(now: now)
      serve(until: nil, now: now)
      guard count == Self.batch else { return }
      left -= count
    }
  }
}
