import CSQLite
import Dispatch
import Glibc
import Locking

/// A file system layer under the real SQLite that hands everything on to the system's, until it is told to fail:
/// an fsync that hangs, a disk without space.
///
/// `@unchecked Sendable`: the pointers are set once, at registration; `fault` has its own lock.
final class FaultyDisk: @unchecked Sendable {
  enum Fault: Sendable {
    case none, full, hanging
  }

  let name: String
  private let layer: UnsafeMutablePointer<sqlite3_vfs>
  private let fault = Lock(Fault.none)
  private let released = DispatchSemaphore(value: 0)
  private let hung: AsyncStream<Void>
  private let hang: AsyncStream<Void>.Continuation
  fileprivate static let system = UncheckedPointer(sqlite3_vfs_find(nil)!)

  struct UncheckedPointer: @unchecked Sendable {
    // SQLite's own layer: lives and stays unchanged as long as the process.
    let pointer: UnsafeMutablePointer<sqlite3_vfs>
    init(_ pointer: UnsafeMutablePointer<sqlite3_vfs>) { self.pointer = pointer }
  }

  init() {
    let name = "faulty-\(UInt64.random(in: .min ... .max))"
    self.name = name
    (hung, hang) = AsyncStream.makeStream()
    layer = .allocate(capacity: 1)
    layer.initialize(to: Self.system.pointer.pointee)
    layer.pointee.pNext = nil
    layer.pointee.zName = UnsafePointer(strdup(name))
    layer.pointee.szOsFile += Int32(MemoryLayout<FaultyFile>.stride)
    layer.pointee.xOpen = openFaultyFile
    layer.pointee.pAppData = Unmanaged.passRetained(self).toOpaque()
    sqlite3_vfs_register(layer, 0)
  }

  func fill() { fault.withLock { $0 = .full } }

  func free() { fault.withLock { $0 = .none } }

  /// The next fsync hangs until `release`.
  func stall() { fault.withLock { $0 = .hanging } }

  /// Returns once an fsync hangs.
  func waitUntilStalled() async {
    for await _ in hung { return }
  }

  func release() {
    fault.withLock { $0 = .none }
    released.signal()
  }

  fileprivate var isFull: Bool { fault.withLock { $0 == .full } }

  fileprivate func sync() {
    guard fault.withLock({ $0 == .hanging }) else { return }
    hang.yield()
    released.wait()
  }
}

/// What stands behind the system's own file structure.
private struct FaultyFile {
  var disk: Unmanaged<FaultyDisk>
  var system: UnsafePointer<sqlite3_io_methods>
  var methods: UnsafeMutablePointer<sqlite3_io_methods>
}

private func faulty(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<FaultyFile> {
  (UnsafeMutableRawPointer(file!) + Int(FaultyDisk.system.pointer.pointee.szOsFile))
    .assumingMemoryBound(to: FaultyFile.self)
}

private func openFaultyFile(
  layer: UnsafeMutablePointer<sqlite3_vfs>?, name: UnsafePointer<CChar>?,
  file: UnsafeMutablePointer<sqlite3_file>?, flags: Int32, outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
  let system = FaultyDisk.system.pointer
  let code = system.pointee.xOpen(system, name, file, flags, outFlags)
  guard code == SQLITE_OK, let file, let original = file.pointee.pMethods else { return code }
  let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
  methods.initialize(to: original.pointee)
  methods.pointee.xSync = { file, flags in
    let faulty = faulty(file)
    faulty.pointee.disk.takeUnretainedValue().sync()
    return faulty.pointee.system.pointee.xSync(file, flags)
  }
  methods.pointee.xWrite = { file, bytes, count, offset in
    let faulty = faulty(file)
    if faulty.pointee.disk.takeUnretainedValue().isFull { return SQLITE_FULL }
    return faulty.pointee.system.pointee.xWrite(file, bytes, count, offset)
  }
  methods.pointee.xClose = { file in
    let (system, methods) = (faulty(file).pointee.system, faulty(file).pointee.methods)
    defer { methods.deallocate() }
    return system.pointee.xClose(file)
  }
  faulty(file).initialize(
    to: FaultyFile(disk: .fromOpaque(layer!.pointee.pAppData), system: original, methods: methods))
  file.pointee.pMethods = UnsafePointer(methods)
  return code
}
