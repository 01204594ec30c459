extension SessionDescription {
  /// The description as it is sent, each line ended by CR LF, in the order that RFC 8866, section 9, asks
  /// for.
  package var text: String {
    var text = "v=0\r\n"
    func line(_ type: Character, _ value: String) {
      text.append(type)
      text += "=\(value)\r\n"
    }
    let address = origin.address
    line(
      "o",
      "\(origin.username) \(origin.sessionID) \(origin.version) IN \(address.type) \(address.address)")
    line("s", name)
    if let connection { line("c", connection.text) }
    for value in bandwidth { line("b", value) }
    for value in timing { line("t", value) }
    for attribute in attributes { line("a", attribute.text) }
    for medium in media {
      line(
        "m",
        "\(medium.kind) \(medium.port) \(medium.transport) \(medium.formats.joined(separator: " "))")
      if let title = medium.title { line("i", title) }
      if let connection = medium.connection { line("c", connection.text) }
      for value in medium.bandwidth { line("b", value) }
      for attribute in medium.attributes { line("a", attribute.text) }
    }
    return text
  }
}

extension SessionDescription.Connection {
  fileprivate var text: String { "IN \(type) \(address)" }
}

extension SessionDescription.Attribute {
  fileprivate var text: String { value.map { "\(name):\($0)" } ?? name }
}
