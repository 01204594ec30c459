import RTP

/// What an ICE-lite agent answers to a binding request for one of its legs (RFC 8445, section 7.3; RFC 8489, section 9.1).
struct ICEAnswer {
  /// To be sent back.
  let bytes: [UInt8]
  /// The request was right: its sender is who has the password.
  let isValid: Bool
  /// The pair is the one to be used.
  let isNominated: Bool

  /// - Parameters:
  ///   - own: of the leg that the user name's first part names.
  ///   - remoteFragment: what the second part has to be.
  init(
    to request: STUNMessage, _ bytes: UnsafeRawPointer, own: ICECredentials, remoteFragment: String,
    sender: SocketAddress
  ) {
    func refusal(_ code: Int, _ reason: String, isProved: Bool, unknown: UInt16 = 0) -> [UInt8] {
      var answer = STUNWriter(kind: STUNMessage.Kind.bindingError, answering: bytes)
      answer.addError(code, reason)
      if unknown != 0 {
        answer.add(
          STUNMessage.Attribute.unknownAttributes, [UInt8(unknown >> 8), UInt8(truncatingIfNeeded: unknown)])
      }
      if isProved { answer.addIntegrity(own.authenticate) }
      answer.addFingerprint()
      return answer.bytes
    }
    var isValid = false
    if request.integrity == 0 {
      self.bytes = refusal(400, "Bad Request", isProved: false)
    } else if !own.proves(request, bytes) || !Self.names(remoteFragment, request, bytes) {
      self.bytes = refusal(401, "Unauthenticated", isProved: false)
    } else if request.unknownAttribute != 0 {
      self.bytes = refusal(420, "Unknown Attribute", isProved: true, unknown: request.unknownAttribute)
    } else if request.isControlled {
      self.bytes = refusal(487, "Role Conflict", isProved: true)
    } else {
      isValid = true
      var answer = STUNWriter(kind: STUNMessage.Kind.bindingSuccess, answering: bytes)
      answer.addMappedAddress(host: sender.hostBytes, port: sender.port)
      answer.addIntegrity(own.authenticate)
      answer.addFingerprint()
      self.bytes = answer.bytes
    }
    self.isValid = isValid
    isNominated = isValid && request.usesCandidate
  }

  private static func names(_ fragment: String, _ request: STUNMessage, _ bytes: UnsafeRawPointer) -> Bool {
    let second = (request.username.lowerBound + 9)..<request.username.upperBound
    return fragment.utf8.elementsEqual(UnsafeRawBufferPointer(start: bytes, count: second.upperBound)[second])
  }
}
