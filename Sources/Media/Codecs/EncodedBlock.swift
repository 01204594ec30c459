/// Which codings of the block in hand have been made, and how many bytes each has. They lie in the worker's scratch memory.
struct EncodedBlock {
  private var counts: (Int, Int, Int, Int) = (-1, -1, -1, -1)

  /// Bytes; -1: not made yet.
  subscript(coding: VoiceCoding) -> Int {
    get {
      switch coding {
      case .mu: counts.0
      case .a: counts.1
      case .opus: counts.2
      case .g722: counts.3
      case .linear: 0
      }
    }
    set {
      switch coding {
      case .mu: counts.0 = newValue
      case .a: counts.1 = newValue
      case .opus: counts.2 = newValue
      case .g722: counts.3 = newValue
      case .linear: break
      }
    }
  }
}
