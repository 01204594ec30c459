import Glibc

/// What a C library keeps pointing to; freed with this owner.
final class CMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  func string(_ text: String) -> UnsafePointer<CChar> { array(text.utf8CString.map { $0 }) }

  /// Only for C structs and numbers: nothing is deinitialised.
  func array<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    pointer.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return UnsafePointer(pointer)
  }

  deinit {
    for block in blocks { block.deallocate() }
  }
}
