import CSofia
import Glibc
import Locking

/// Reason phrases that live for ever: the library keeps the pointer of an answer's phrase, not its text.
enum InternedPhrase {
  private static let table = Lock<[String: UInt]>([:])
  /// The domain has a few dozen phrases; a peer that makes them up may not make the table grow without bound.
  private static let limit = 1000

  static func pointer(_ phrase: String, status: Int) -> UnsafePointer<CChar>? {
    let phrase = SIPText.line(phrase)
    let address: UInt? = table.withLock { table in
      if let known = table[phrase] { return known }
      guard table.count < limit, !phrase.isEmpty, let copy = strdup(phrase) else { return nil }
      let address = UInt(bitPattern: copy)
      table[phrase] = address
      return address
    }
    return address.flatMap { UnsafePointer(bitPattern: $0) } ?? sip_status_phrase(Int32(status))
  }
}
