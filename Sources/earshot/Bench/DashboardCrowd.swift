import CLinux
import Foundation
import Glibc
import Locking

/// Hundreds of dashboards without a screen: WebSockets on `/v1/events` that read whatever comes, and note when each of
/// them was told of a call that is being waited for. One thread reads them all.
final class DashboardCrowd: Sendable {
  private struct State {
    /// What is looked for in what arrives, and when each dashboard has had it (wall clock, ns; by descriptor).
    var needle: [UInt8] = []
    var arrivals: [Int32: Int64] = [:]
    var octets = 0
    var closed = 0
    var isStopping = false
  }

  private let sockets: [Int32]
  private let epoll: Int32
  private let state = Lock(State())

  /// Opens one dashboard for each token; returns when all of them are upgraded.
  init(port: UInt16, tokens: [String]) throws {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw BenchError("epoll_create1: errno \(errno)") }
    var opened: [Int32] = []
    do {
      for token in tokens { opened.append(try Self.open(port: port, token: token)) }
    } catch {
      for socket in opened { close(socket) }
      close(epoll)
      throw error
    }
    sockets = opened
    for socket in sockets {
      var event = epoll_event()
      event.events = EPOLLIN.rawValue
      event.data.fd = socket
      epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event)
    }
  }

  var count: Int { sockets.count }
  /// Bytes that all of them have been sent so far.
  var octets: Int { state.withLock(\.octets) }
  /// Dashboards that the server has closed.
  var closed: Int { state.withLock(\.closed) }

  /// Reads until `stop`, on a thread of its own.
  func start() { Thread.detachNewThread { self.read() } }

  func stop() {
    state.withLock { $0.isStopping = true }
    for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  /// From now on the arrivals of this text are noted.
  func await(_ text: String) {
    state.withLock {
      $0.needle = Array(text.utf8)
      $0.arrivals = [:]
    }
  }

  /// When each dashboard that has been told had it, ns on the wall clock.
  var arrivals: [Int64] { state.withLock { Array($0.arrivals.values) } }

  // MARK: Sockets

  private static func open(port: UInt16, token: String) throws -> Int32 {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw BenchError("socket: errno \(errno); raise the limit of descriptors") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    let request = """
      GET /v1/events HTTP/1.1\r
      Host: 127.0.0.1:\(port)\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Protocol: earshot.v1\r
      Authorization: Bearer \(token)\r
      \r

      """
    var answer = [UInt8](repeating: 0, count: 4_096)
    guard connected == 0, send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0,
      case let count = recv(descriptor, &answer, answer.count, 0), count > 12,
      answer.starts(with: Array("HTTP/1.1 101".utf8))
    else {
      close(descriptor)
      let told = String(decoding: answer.prefix { $0 != 0 && $0 != 13 }, as: UTF8.self)
      throw BenchError("a dashboard was not let in: \(told.isEmpty ? "errno \(errno)" : told)")
    }
    return descriptor
  }

  /// ns since 1970, as the phones count.
  private static var wall: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private func read() {
    let size = 1 << 18
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 256)
    defer {
      buffer.deallocate()
      events.deallocate()
      for socket in sockets { close(socket) }
      close(epoll)
    }
    while !state.withLock(\.isStopping) {
      let ready = epoll_wait(epoll, events, 256, 1_000)
      for index in 0..<max(Int(ready), 0) {
        let socket = events[index].data.fd
        let count = recv(socket, buffer, size, Int32(MSG_DONTWAIT))
        let now = Self.wall
        state.withLock { state in
          guard count > 0 else {
            if count == 0 {
              epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
              state.closed += 1
            }
            return
          }
          state.octets += count
          guard !state.needle.isEmpty, state.arrivals[socket] == nil else { return }
          let isThere = Self.holds(buffer, count, state.needle)
          if isThere { state.arrivals[socket] = now }
        }
      }
    }
  }

  private static func holds(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ needle: [UInt8]) -> Bool {
    var place = UnsafeMutableRawPointer(bytes)
    var left = count
    while left >= needle.count, let hit = memchr(place, Int32(needle[0]), left - needle.count + 1) {
      if memcmp(hit, needle, needle.count) == 0 { return true }
      left -= hit + 1 - place
      place = hit + 1
    }
    return false
  }
}
