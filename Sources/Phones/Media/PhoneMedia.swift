import Audio
import Glibc
import RTP

/// The sound of many phones on one thread of its own: real RTP over real sockets, paced by absolute times, each
/// phone at a phase of its own, and everything received judged and timed.
package actor PhoneMedia {
  /// Numeric address of the phones' sockets.
  package nonisolated let address: String
  private nonisolated let loop: MediaLoop

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private var slots: [RTPEndpoint?] = []
  private var free: [UInt32] = []
  private var serial: UInt32 = 0
  var schedule: SendSchedule
  var due: [EndpointID] = []
  /// Endpoints where somebody waits for sound or for time to pass.
  var waited: Set<EndpointID> = []
  var random: SplitMix
  /// How late packets left, against their pace: what the machine adds to every other figure.
  package internal(set) var lateness = LatencyHistogram()
  nonisolated let tables = G711Tables.shared

  /// Scratch of the media thread: one packet and its samples.
  // Only touched in isolation; freed when nobody is left to touch it.
  nonisolated(unsafe) let packet = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 16)
  nonisolated(unsafe) let linear = UnsafeMutablePointer<Int16>.allocate(capacity: 2_048)

  /// - Parameters:
  ///   - tick: µs from one look at the sockets to the next. 500 costs one per cent of a core.
  ///   - seed: of phases, jitter and SSRCs.
  package init(address: String = "127.0.0.1", tick: Int = 500, seed: UInt64 = 1) {
    self.address = address
    loop = MediaLoop(tick: tick)
    schedule = SendSchedule(tick: Int64(tick) * 1_000, now: Clock.monotonic)
    random = SplitMix(seed: seed)
    Self.raiseFileLimit()
    loop.start(
      .init(
        readable: { [self] token in assumeIsolated { $0.read(token) } },
        tick: { [self] in assumeIsolated { $0.tick() } }))
  }

  deinit {
    packet.deallocate()
    linear.deallocate()
  }

  /// Closes everything and ends the thread.
  package func stop() {
    for case let endpoint? in slots { close(endpoint.id) }
    loop.stop()
  }

  package func resetLateness() { lateness = LatencyHistogram() }

  /// Endpoints that are open, for leak checks.
  package var openCount: Int { slots.count - free.count }

  // MARK: Endpoints

  /// Opens a pair of ports, RTP on the even one, at `address` or at that of all.
  package func open(
    _ settings: EndpointSettings = .init(), address: String? = nil
  ) throws(MediaError) -> (
    id: EndpointID, port: UInt16
  ) {
    let ports = try RTPPorts(address: address ?? self.address)
    let port = ports.rtp.port
    let slot = free.popLast() ?? UInt32(slots.count)
    if slot == slots.count { slots.append(nil) }
    serial &+= 1
    let id = EndpointID(slot: slot, serial: serial)
    loop.add(ports.rtp.descriptor, token: UInt64(slot) << 1)
    loop.add(ports.rtcp.descriptor, token: UInt64(slot) << 1 | 1)
    slots[Int(slot)] = RTPEndpoint(
      id: id, settings: settings, ports: ports, random: random.next())
    return (id, port)
  }

  func endpoint(_ id: EndpointID) -> RTPEndpoint? {
    guard Int(id.slot) < slots.count, let endpoint = slots[Int(id.slot)] else { return nil }
    return endpoint.id == id ? endpoint : nil
  }

  func endpoint(slot: Int) -> RTPEndpoint? { slot < slots.count ? slots[slot] : nil }

  /// What the two parties agreed on: where to send, what, and whether at all. Sending begins at a random phase.
  package func connect(_ id: EndpointID, to agreed: AudioNegotiation) {
    guard let endpoint = endpoint(id) else { return }
    endpoint.settings.law = agreed.codec.isSameEncoding(as: .pcma) ? .a : .mu
    endpoint.settings.ptime = agreed.ptime
    endpoint.settings.keys = agreed.telephoneEventPayloadType
    endpoint.ports.rtp.connect(address: agreed.remoteAddress, port: agreed.remotePort)
    endpoint.ports.rtcp.connect(address: agreed.remoteAddress, port: agreed.remoteRTCPPort)
    endpoint.maySend = agreed.localDirection.sends && !endpoint.settings.isMute
    endpoint.isConnected = true
    guard !endpoint.isScheduled else { return }
    endpoint.isScheduled = true
    let now = Clock.monotonic
    endpoint.nominal = now + Int64(random.next() % UInt64(endpoint.interval))
    endpoint.due = endpoint.nominal
    endpoint.nextReport = now + 2_000_000_000
    schedule.insert(id, due: endpoint.due)
  }

  /// Sends no more; what was received stays to be read.
  package func silence(_ id: EndpointID) { endpoint(id)?.maySend = false }

  package func close(_ id: EndpointID) {
    guard let endpoint = endpoint(id) else { return }
    loop.remove(endpoint.ports.rtp.descriptor)
    loop.remove(endpoint.ports.rtcp.descriptor)
    endpoint.release()
    waited.remove(id)
    slots[Int(id.slot)] = nil
    free.append(id.slot)
  }

  private nonisolated static func raiseFileLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

/// Random numbers that a seed repeats (SplitMix64).
struct SplitMix: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// Normally distributed around 0 with deviation 1, near enough: the sum of twelve even ones.
  mutating func gaussian() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += Double(next() >> 11) * 0x1p-53 }
    return sum
  }
}
