import RTP

/// How a phone offers and carries its sound.
package struct PhoneCallSettings: Hashable, Sendable {
  /// Encodings, keys and comfort noise that it takes, best first.
  package var formats: [AudioFormat] = [.pcmu, .pcma, .telephoneEvent]
  /// ms that it asks for.
  package var ptime = 20
  package var endpoint = EndpointSettings()
  /// An INVITE without a description: the answer comes with the ACK.
  package var offersLate = false

  package init() {}
}
