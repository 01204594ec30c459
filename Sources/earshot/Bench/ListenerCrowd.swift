import CLinux
import Foundation
import Glibc
import Locking
import Phones

/// Browsers that hear, by the hundred: one thread takes what they are sent and keeps their legs alive.
final class ListenerCrowd: Sendable {
  private struct State {
    var listeners: [(BrowserListener, check: [UInt8])] = []
    var packets = 0
    var isStopping = false
  }

  private let state = Lock(State())
  private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))

  deinit { close(epoll) }

  func add(_ listener: BrowserListener, check: [UInt8]) {
    state.withLock { $0.listeners.append((listener, check)) }
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.fd = listener.descriptor
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener.descriptor, &event)
  }

  /// SRTP packets that all of them have got so far.
  var packets: Int { state.withLock(\.packets) }

  func start() { Thread.detachNewThread { self.read() } }

  func stop() { state.withLock { $0.isStopping = true } }

  private func read() {
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 256)
    var buffer = [UInt8](repeating: 0, count: 2_048)
    defer { events.deallocate() }
    var checked = ContinuousClock.now
    while !state.withLock(\.isStopping) {
      let ready = max(Int(epoll_wait(epoll, events, 256, 500)), 0)
      var packets = 0
      for index in 0..<ready
      where recv(events[index].data.fd, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 && buffer[0] >= 128 {
        packets += 1
      }
      let isTime = ContinuousClock.now - checked > .seconds(4)
      if isTime { checked = .now }
      state.withLock { state in
        state.packets += packets
        guard isTime else { return }
        for (listener, check) in state.listeners {
          send(listener.descriptor, check, check.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
      }
    }
  }
}
