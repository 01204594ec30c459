/// A provisional answer that wants to be confirmed (RFC 3262), and where to: each branch of a forked call has a dialog of
/// its own.
package struct ReliableAnswer: Hashable, Sendable {
  /// RSeq. Grows by one with each of a branch.
  package var number: UInt32
  /// The RAck header that confirms it.
  package var rack: String
  /// To, with the tag of the branch.
  package var to: String
  package var tag: String
  /// Its Contact.
  package var target: String
  /// Route header by which it is reached; nil if there is none.
  package var route: String?
}
