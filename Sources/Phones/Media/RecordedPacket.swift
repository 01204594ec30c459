import RTP

/// An RTP packet as it was on the wire.
package struct RecordedPacket: Hashable, Sendable {
  package var header: RTPHeader
  package var payload: [UInt8]
  /// ns since 1970.
  package var time: Int64

  /// What an exact copy must keep, beside the steps of numbers.
  package func isSameSound(as other: RecordedPacket) -> Bool {
    payload == other.payload && header.marker == other.header.marker
  }
}
