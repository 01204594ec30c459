import COpenSSL

/// Between OpenSSL and the worker's socket: datagrams stay datagrams, which OpenSSL's own memory BIO doesn't promise.
struct DTLSPipe {
  /// The datagram that came and hasn't been read.
  var input: UnsafeRawPointer?
  var inputCount = 0
  let socket: UDPSocket
  /// Where the last datagram came from, and the next goes to.
  var peer = SocketAddress()

  init(socket: UDPSocket) { self.socket = socket }

  /// Bytes of a datagram that pass everywhere.
  static let mtu = 1_200

  /// A BIO over a pipe, which has to outlive it.
  static func makeBIO(_ pipe: UnsafeMutablePointer<DTLSPipe>) -> OpaquePointer? {
    let bio = BIO_new(method.pointer)
    BIO_set_data(bio, pipe)
    BIO_set_init(bio, 1)
    return bio
  }

  /// `@unchecked Sendable`: nobody changes a method once it is made, and it lives as long as the process.
  private struct Method: @unchecked Sendable { let pointer: OpaquePointer? }

  private static let method: Method = {
    let method = BIO_meth_new(Int32(BIO_TYPE_SOURCE_SINK) | 0x7F, "earshot-datagrams")
    BIO_meth_set_write(method) { bio, bytes, count in
      guard let bytes, count > 0, let pipe = pipe(of: bio) else { return -1 }
      earshot_bio_clear_retry(bio)
      // What isn't taken is lost, as a datagram may be: DTLS sends it again.
      _ = pipe.pointee.socket.send(bytes, count: Int(count), to: pipe.pointee.peer)
      return count
    }
    BIO_meth_set_read(method) { bio, bytes, count in
      guard let bytes, let pipe = pipe(of: bio) else { return -1 }
      earshot_bio_clear_retry(bio)
      guard let input = pipe.pointee.input else {
        earshot_bio_set_retry_read(bio)
        return -1
      }
      let length = min(Int(count), pipe.pointee.inputCount)
      UnsafeMutableRawPointer(bytes).copyMemory(from: input, byteCount: length)
      pipe.pointee.input = nil
      return Int32(length)
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in
      switch command {
      case BIO_CTRL_FLUSH: 1
      case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU: DTLSPipe.mtu
      case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: 48
      default: 0
      }
    }
    return Method(pointer: method)
  }()

  private static func pipe(of bio: OpaquePointer?) -> UnsafeMutablePointer<DTLSPipe>? {
    BIO_get_data(bio)?.assumingMemoryBound(to: DTLSPipe.self)
  }
}
