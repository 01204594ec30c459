/// The name that was probably meant.
package enum NearestName {
  /// The candidate nearest to `name`; nil where none is near enough to be worth suggesting (more than a third of
  /// the letters wrong).
  package static func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
    let wrong = candidates.map { ($0, distance(name.lowercased(), $0.lowercased())) }
    guard let (best, errors) = wrong.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return nil }
    return errors <= max(1, max(name.count, best.count) / 3) ? best : nil
  }

  /// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first)
    let b = Array(second)
    var rows = [Array(0...b.count)]
    for i in 1..<(a.count + 1) {
      var row = [i]
      for j in 1..<(b.count + 1) {
        var cost = min(
          rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          cost = min(cost, rows[i - 2][j - 2] + 1)
        }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
