/// One thing that is wrong with a configuration.
package struct ConfigurationFault: Hashable, Sendable, Codable {
  /// Which key: `signalling.trunks[0].addresses`; empty for the file as a whole.
  package var path: String
  /// Where it stands in the file; nil for what isn't there.
  package var position: TextPosition?
  package var what: String
  package var remedy: String

  package init(_ path: String, at position: TextPosition? = nil, what: String, remedy: String) {
    self.path = path
    self.position = position
    self.what = what
    self.remedy = remedy
  }
}

/// All that is wrong with a configuration, in the order of the file: nobody should have to start a server five
/// times to find five faults.
package struct InvalidConfiguration: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  package var file: String
  package var faults: [ConfigurationFault]

  package init(file: String, faults: [ConfigurationFault]) {
    self.file = file
    self.faults = faults
  }

  /// A few lines per fault, for people.
  package var description: String {
    faults.map { fault in
      let place = fault.position.map { "\(file):\($0)" } ?? file
      let path = fault.path.isEmpty ? "" : " \(fault.path):"
      return "\(place):\(path) \(fault.what)\n    \(fault.remedy)"
    }.joined(separator: "\n")
  }
}
