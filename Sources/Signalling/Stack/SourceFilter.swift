import CLinux
import Glibc
import Supervision

/// Lets the packets of some networks through to a socket and drops all others in the kernel, before they cost us anything:
/// a classic BPF program (Linux, Documentation/networking/filter.rst) that looks at the source in the IP header.
struct SourceFilter {
  private(set) var program: [sock_filter]

  /// Where the loads of a program begin to count in the IP header (`SKF_NET_OFF`).
  private static let header: UInt32 = 0xFFF0_0000
  private static let most: UInt32 = 0xFFFF_FFFF

  init(_ networks: [IPNetwork]) {
    // Of an IPv4 header the source stands at 12, of an IPv6 header at 8; both begin with the version.
    let old = networks.filter { !$0.isIPv6 }.flatMap { Self.admit($0, at: 12) } + [Self.answer(0)]
    let new = networks.filter(\.isIPv6).flatMap { Self.admit($0, at: 8) } + [Self.answer(0)]
    program = [
      sock_filter(code: UInt16(BPF_LD | BPF_B | BPF_ABS), jt: 0, jf: 0, k: Self.header),
      sock_filter(code: UInt16(BPF_ALU | BPF_AND | BPF_K), jt: 0, jf: 0, k: 0xF0),
      sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: 1, jf: 0, k: 0x40),
      sock_filter(code: UInt16(BPF_JMP | BPF_JA), jt: 0, jf: 0, k: UInt32(old.count)),
    ]
    program += old + new
  }

  /// Ends with "all of it" if the source lies in the network, and goes on behind it if not.
  private static func admit(_ network: IPNetwork, at offset: UInt32) -> [sock_filter] {
    let words = network.words
    var steps: [sock_filter] = []
    for (index, word) in words.enumerated() {
      let behind = UInt8(3 * (words.count - index - 1) + 1)
      steps += [
        sock_filter(
          code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: header + offset + UInt32(index * 4)),
        sock_filter(code: UInt16(BPF_ALU | BPF_AND | BPF_K), jt: 0, jf: 0, k: word.mask),
        sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: 0, jf: behind, k: word.value),
      ]
    }
    return steps + [answer(most)]
  }

  /// How many bytes of the packet are let through.
  private static func answer(_ bytes: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: bytes)
  }

  func attach(to descriptor: Int32) throws(SystemError) {
    var program = program
    let count = UInt16(clamping: program.count)
    let status = program.withUnsafeMutableBufferPointer { steps in
      var whole = sock_fprog(len: count, filter: steps.baseAddress)
      return setsockopt(
        descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &whole, socklen_t(MemoryLayout<sock_fprog>.size))
    }
    guard status == 0 else {
      throw SystemError(what: "SO_ATTACH_FILTER: \(String(cString: strerror(errno)))")
    }
  }
}

/// What the system refused.
struct SystemError: Error, CustomStringConvertible {
  var what: String
  var description: String { what }
}
