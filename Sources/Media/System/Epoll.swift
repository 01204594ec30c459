import CLinux
import Glibc

/// Which descriptors have something to read. Level-triggered: one read per event, what is left is reported again.
struct Epoll: ~Copyable {
  private let descriptor: Int32
  private let events: UnsafeMutablePointer<epoll_event>
  /// Events told at once; where there are as many, there may be more.
  static let capacity = 512

  init() throws(SystemFailure) {
    descriptor = try SystemCall.check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
    events = .allocate(capacity: Self.capacity)
  }

  deinit {
    events.deallocate()
    close(descriptor)
  }

  /// - Parameter token: comes back with each event.
  func add(_ watched: Int32, token: UInt64) throws(SystemFailure) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = token
    try SystemCall.check("epoll_ctl") { epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) }
  }

  func remove(_ watched: Int32) {
    var event = epoll_event()
    _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, &event)
  }

  /// Waits for at most `timeout` ms (-1: for ever).
  /// - Returns: how many events there are.
  func wait(timeout: Int32) -> Int {
    max(Int(epoll_wait(descriptor, events, Int32(Self.capacity), timeout)), 0)
  }

  func token(_ index: Int) -> UInt64 { events[index].data.u64 }
}

/// Wakes a thread that waits in `epoll_wait`, or in `wait`, from any other.
struct WakeSignal: ~Copyable, Sendable {
  let descriptor: Int32

  init() throws(SystemFailure) {
    descriptor = try SystemCall.check("eventfd") {
      eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    }
  }

  deinit { close(descriptor) }

  func raise() {
    var one: UInt64 = 1
    // A wake that gets lost would leave orders lying until the next packet.
    while write(descriptor, &one, 8) < 0, errno == EINTR {}
  }

  /// Returns once it is raised.
  func wait() {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&waiting, 1, -1) < 0 {}
  }

  func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}
