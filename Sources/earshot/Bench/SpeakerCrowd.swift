import CLinux
import Foundation
import Glibc
import Locking
import Media
import Phones

/// Browsers that speak: what the load's phones send to them as plain RTP they seal and send on, so that marks and clocks
/// are those of all other figures. One thread for all, which costs a packet about what a second hop over loopback does.
final class SpeakerCrowd: Sendable {
  private struct Speaker {
    var listener: BrowserListener
    var connection: BrowserListener.Connection
    /// Where plain RTP comes in.
    var mouth: Int32
  }

  private struct State {
    var speakers: [Speaker] = []
    var isStopping = false
  }

  private let state = Lock(State())
  private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))

  deinit {
    for speaker in state.withLock(\.speakers) { close(speaker.mouth) }
    close(epoll)
  }

  /// Before the start.
  /// - Returns: the port on loopback at which it is spoken to.
  func add(_ listener: BrowserListener, _ connection: BrowserListener.Connection) throws(BenchError) -> UInt16
  {
    let mouth = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(mouth, $0, length) == 0 && getsockname(mouth, $0, &length) == 0
      }
    }
    guard isBound else { throw BenchError("no socket for a browser that speaks: errno \(errno)") }
    state.withLock {
      $0.speakers.append(Speaker(listener: listener, connection: connection, mouth: mouth))
    }
    for descriptor in [mouth, listener.descriptor] {
      var event = epoll_event()
      event.events = EPOLLIN.rawValue
      event.data.fd = descriptor
      epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }
    return UInt16(bigEndian: address.sin_port)
  }

  func start() { Thread.detachNewThread { self.speak() } }

  func stop() { state.withLock { $0.isStopping = true } }

  private func speak() {
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 256)
    let packet = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 16)
    defer {
      events.deallocate()
      packet.deallocate()
    }
    let speakers = state.withLock(\.speakers)
    var ways: [Int32: (sealing: SRTPStream, to: Int32)] = [:]
    for speaker in speakers {
      guard let profile = SRTPProfile(rawValue: BrowserListener.srtp.name) else { continue }
      let sealing = SRTPStream(profile, profile.split(speaker.connection.material).client, isSealing: true)
      ways[speaker.mouth] = (sealing, speaker.listener.descriptor)
    }
    var checked = ContinuousClock.now
    while !state.withLock(\.isStopping) {
      let ready = max(Int(epoll_wait(epoll, events, 256, 500)), 0)
      for index in 0..<ready {
        let descriptor = events[index].data.fd
        let count = recv(descriptor, packet, 2_048 - SRTPStream.mostOverhead, Int32(MSG_DONTWAIT))
        // What browsers are sent is of no interest here.
        guard count > 0, let way = ways[descriptor] else { continue }
        let sealed = way.sealing.seal(packet, count: count)
        if sealed > 0 { send(way.to, packet, sealed, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
      }
      guard ContinuousClock.now - checked > .seconds(4) else { continue }
      checked = .now
      for speaker in speakers {
        let check = speaker.connection.check
        send(
          speaker.listener.descriptor, check, check.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
    }
  }
}
