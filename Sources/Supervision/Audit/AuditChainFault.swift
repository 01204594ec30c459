/// What was found wrong with a chain, by the sequence numbers of its rows.
package enum AuditChainFault: Hashable, Sendable, CustomStringConvertible {
  package enum Part: String, Hashable, Sendable, Codable {
    /// The payload.
    case content
    /// Sequence, previous hash, payload hash or own hash.
    case link
    /// What is kept beside the payload for searching.
    case columns
  }

  /// The row's part isn't what was written.
  case changed(UInt64, Part)
  /// Rows that were written are gone.
  case dropped(ClosedRange<UInt64>)
  /// The row is a copy of another one, or claims a place that is taken.
  case doubled(UInt64, of: UInt64)
  /// Two rows stand in each other's place.
  case swapped(UInt64, UInt64)
  /// Rows stand at other places than those they were written at; `by` is added to get the place at which they belong.
  case moved(ClosedRange<UInt64>, by: Int64)
  /// The row was linked to another predecessor than the one that stands there: the predecessor was rewritten.
  case brokenLink(UInt64)
  /// The payload is gone though that of an older row is still there; retention erases the oldest only.
  case contentMissing(UInt64)
  /// A signed checkpoint saw another row at this place.
  case contradicted(UInt64, checkpoint: UInt64)
  /// A signed checkpoint saw rows up to `attested`; the chain ends before.
  case truncated(after: UInt64, attested: UInt64, checkpoint: UInt64)

  /// The first row concerned.
  package var sequence: UInt64 {
    switch self {
    case .changed(let row, _), .doubled(let row, _), .brokenLink(let row), .contentMissing(let row),
      .contradicted(let row, _):
      row
    case .dropped(let rows), .moved(let rows, _): rows.lowerBound
    case .swapped(let a, let b): min(a, b)
    case .truncated(let last, _, _): last
    }
  }

  package var description: String {
    switch self {
    case .changed(let row, .content): "row \(row) changed: its content doesn't match its hash"
    case .changed(let row, .link): "row \(row) changed: its hash doesn't match its fields"
    case .changed(let row, .columns): "row \(row) changed: its search columns differ from its content"
    case .dropped(let rows) where rows.count == 1: "row \(rows.lowerBound) dropped"
    case .dropped(let rows): "rows \(rows.lowerBound) to \(rows.upperBound) dropped"
    case .doubled(let row, let original): "row \(row) doubled: it repeats row \(original)"
    case .swapped(let a, let b): "rows \(a) and \(b) swapped"
    case .moved(let rows, let offset) where rows.count == 1:
      "row \(rows.lowerBound) moved: it was written as row \(Int64(rows.lowerBound) + offset)"
    case .moved(let rows, let offset):
      "rows \(rows.lowerBound) to \(rows.upperBound) moved: they were written as rows "
        + "\(Int64(rows.lowerBound) + offset) to \(Int64(rows.upperBound) + offset)"
    case .brokenLink(1): "row 1 doesn't begin a chain of this tenant and node"
    case .brokenLink(let row):
      "row \(row) was linked to another row \(row - 1) than the one that stands there: row \(row - 1) was rewritten"
    case .contentMissing(let row): "row \(row) has lost its content while older rows still have theirs"
    case .contradicted(let row, let checkpoint):
      "row \(row) isn't the one that checkpoint \(checkpoint) signed: the chain was rewritten"
    case .truncated(let last, let attested, let checkpoint):
      "chain ends at row \(last), but checkpoint \(checkpoint) signed \(attested) rows: the last "
        + "\(attested - last) dropped"
    }
  }
}
