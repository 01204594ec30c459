import CWebSockets
import Foundation
import Locking

/// What libwebsockets calls, always on the loop's thread.
protocol LWSHandler: AnyObject {
  /// - Returns: 0 to go on, anything else to close the connection.
  func handle(
    _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
  ) -> Int32
}

/// The one owner of a libwebsockets context and of the thread that services it.
///
/// `post` is the only way in from other threads.
final class LWSLoop: @unchecked Sendable {
  // Sendable: `context`, `memory` and `handler` are written before the thread starts and then touched by it alone,
  // except for `lws_cancel_service`, which is made for other threads and is called under the lock of `inbox` while
  // the context lives.

  private struct Inbox {
    var jobs: [@Sendable () -> Void] = []
    /// The context while it may be woken; nil before and after.
    var wakeable: UInt?
    var stops = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var hasEnded = false
  }

  private let inbox = Lock(Inbox())
  private var context: OpaquePointer?
  fileprivate let handler: any LWSHandler
  private let memory = CMemory()

  /// - Parameters:
  ///   - protocols: subprotocol names; the first also serves plain HTTP.
  ///   - configure: fills in the rest; what it points to is kept in the memory given, which lives as long as the loop.
  /// - Returns: nil where libwebsockets made no context; its log says why.
  init?(
    handler: any LWSHandler, protocols names: [String],
    configure: (inout lws_context_creation_info, CMemory) -> Void
  ) {
    self.handler = handler
    let protocols = names.map { name in
      var row = lws_protocols()
      row.name = memory.string(name)
      row.callback = lwsCallback
      row.rx_buffer_size = 4096
      // What one write may give to the kernel; libwebsockets would take `rx_buffer_size`.
      row.tx_packet_size = 64 * 1024
      return row
    }
    var info = lws_context_creation_info()
    info.protocols = memory.array(protocols + [lws_protocols()])
    info.gid = -1
    info.uid = -1
    info.user = Unmanaged.passUnretained(self).toOpaque()
    configure(&info, memory)
    context = lws_create_context(&info)
    guard let context else { return nil }
    inbox.withLock { $0.wakeable = UInt(bitPattern: context) }
  }

  /// The port that the kernel gave, or nil if nothing listens.
  var port: Int? {
    guard let context, let vhost = lws_get_vhost_by_name(context, "default") else { return nil }
    return Int(lws_get_vhost_listen_port(vhost))
  }

  /// - Parameter prepare: runs first on the thread, with the context.
  func start(named name: String, prepare: @escaping @Sendable (OpaquePointer) -> Void = { _ in }) {
    let thread = Thread { self.run(prepare) }
    thread.name = name
    thread.start()
  }

  /// Runs `job` on the loop's thread, after all that were posted before.
  ///
  /// - Returns: false if the loop has ended; then the job is not run.
  @discardableResult func post(_ job: @escaping @Sendable () -> Void) -> Bool {
    inbox.withLock {
      guard !$0.hasEnded else { return false }
      $0.jobs.append(job)
      if $0.jobs.count == 1 { Self.wake($0) }
      return true
    }
  }

  private static func wake(_ inbox: Inbox) {
    if let address = inbox.wakeable { lws_cancel_service(OpaquePointer(bitPattern: address)) }
  }

  /// Asks the loop to end; connections that are open then are cut.
  func finish() {
    inbox.withLock {
      $0.stops = true
      Self.wake($0)
    }
  }

  /// Returns when the thread has let go of everything.
  func ended() async {
    await withCheckedContinuation { continuation in
      let isOver = inbox.withLock {
        if !$0.hasEnded { $0.waiters.append(continuation) }
        return $0.hasEnded
      }
      if isOver { continuation.resume() }
    }
  }

  private func run(_ prepare: (OpaquePointer) -> Void) {
    guard let context else { return }
    prepare(context)
    var goesOn = true
    while goesOn {
      let (jobs, stops) = inbox.withLock { inbox in
        defer { inbox.jobs.removeAll() }
        return (inbox.jobs, inbox.stops)
      }
      for job in jobs { job() }
      goesOn = !stops && lws_service(context, 0) >= 0
    }
    inbox.withLock { $0.wakeable = nil }
    lws_context_destroy(context)
    self.context = nil
    let (jobs, waiters) = inbox.withLock { inbox in
      inbox.hasEnded = true
      defer { (inbox.jobs, inbox.waiters) = ([], []) }
      return (inbox.jobs, inbox.waiters)
    }
    // They find no connection any more and tell those who wait for them so.
    for job in jobs { job() }
    for waiter in waiters { waiter.resume() }
  }
}

/// The C entry: finds the handler of the context and passes on.
private func lwsCallback(
  _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?,
  _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int32 {
  guard let wsi, let context = lws_get_context(wsi), let pointer = lws_context_user(context) else { return 0 }
  return Unmanaged<LWSLoop>.fromOpaque(pointer).takeUnretainedValue()
    .handler.handle(reason, wsi, bytes, count)
}
