/// Where the readers of one file put what they find.
final class FaultReport {
  private var faults: [ConfigurationFault] = []
  /// Paths of all keys that were asked for, list indexes left out: `users[].name`.
  var known: Set<String> = []

  func add(_ fault: ConfigurationFault) { faults.append(fault) }

  /// In the order of the file; what has no place in it comes last.
  var inOrder: [ConfigurationFault] {
    faults.enumerated().sorted { Self.place($0) < Self.place($1) }.map(\.element)
  }

  private static func place(_ entry: (offset: Int, element: ConfigurationFault)) -> (Int, Int, Int) {
    let position = entry.element.position
    return (position?.line ?? .max, position?.column ?? .max, entry.offset)
  }
}
