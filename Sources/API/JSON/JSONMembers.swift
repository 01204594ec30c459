/// The members of a request's object, taken one by one; whatever is left at the end was not asked for.
struct JSONMembers {
  /// Where the object stands, for error messages: empty for the body itself, `device.` within it.
  private let path: String
  private var members: [String: JSONValue]
  private var known: [String] = []

  /// - Throws: what is wrong with the text, as a 400.
  static func body(_ bytes: some Sequence<UInt8>) throws(Problem) -> JSONMembers {
    let value: JSONValue
    do {
      value = try JSONReader.read(bytes)
    } catch {
      throw .malformed("The body isn't JSON: \(error).")
    }
    guard case .object(let members) = value else {
      throw .malformed("The body is \(value.kind). Send an object, such as {\"mode\": \"listen\"}.")
    }
    return JSONMembers(path: "", members: members)
  }

  private init(path: String, members: [String: JSONValue]) {
    self.path = path
    self.members = members
  }

  /// nil where it is missing or null.
  ///
  /// - Parameter longest: bytes.
  mutating func string(_ key: String, longest: Int = 1024) throws(Problem) -> String? {
    guard let value = take(key) else { return nil }
    guard case .string(let text) = value else { throw wrongKind(key, value, wanted: "a string") }
    guard text.utf8.count <= longest else {
      throw .malformed("'\(path)\(key)' is longer than \(longest) bytes.")
    }
    return text
  }

  mutating func bool(_ key: String) throws(Problem) -> Bool? {
    guard let value = take(key) else { return nil }
    guard case .bool(let truth) = value else { throw wrongKind(key, value, wanted: "true or false") }
    return truth
  }

  mutating func requiredBool(_ key: String) throws(Problem) -> Bool {
    guard let truth = try bool(key) else { throw .malformed("'\(path)\(key)' is missing.") }
    return truth
  }

  /// `text`: what somebody wrote to others.
  ///
  /// - Parameter most: characters.
  mutating func text(most: Int) throws(Problem) -> String {
    guard let text = try string("text", longest: most * 8) else {
      throw .malformed("'\(path)text' is missing.")
    }
    guard (1...most).contains(text.count), !text.allSatisfy(\.isWhitespace) else {
      throw Problem(.badText("it must have 1 to \(most) characters."))
    }
    return text
  }

  /// An object of numbers.
  mutating func numbers(_ key: String) throws(Problem) -> [String: Double]? {
    guard let value = take(key) else { return nil }
    guard case .object(let members) = value else { throw wrongKind(key, value, wanted: "an object") }
    var numbers: [String: Double] = [:]
    for (name, value) in members {
      guard case .number(let number) = value else {
        throw wrongKind("\(key).\(name)", value, wanted: "a number")
      }
      numbers[name] = number
    }
    return numbers
  }

  mutating func object(_ key: String) throws(Problem) -> JSONMembers? {
    guard let value = take(key) else { return nil }
    guard case .object(let members) = value else { throw wrongKind(key, value, wanted: "an object") }
    return JSONMembers(path: "\(path)\(key).", members: members)
  }

  mutating func required(_ key: String) throws(Problem) -> String {
    guard let text = try string(key) else { throw .malformed("'\(path)\(key)' is missing.") }
    return text
  }

  /// - Throws: if there are members that nothing asked for.
  func finish() throws(Problem) {
    guard let stranger = members.keys.sorted().first else { return }
    let list = known.map { "'\(path)\($0)'" }.joined(separator: ", ")
    throw .malformed("The key '\(path)\(stranger)' is unknown here. Known are \(list).")
  }

  private mutating func take(_ key: String) -> JSONValue? {
    known.append(key)
    guard let value = members.removeValue(forKey: key), value != .null else { return nil }
    return value
  }

  private func wrongKind(_ key: String, _ value: JSONValue, wanted: String) -> Problem {
    .malformed("'\(path)\(key)' is \(value.kind), but must be \(wanted).")
  }
}

extension Problem {
  /// The body, or what stands in it, is wrong.
  static func malformed(_ detail: String) -> Problem {
    Problem(400, "malformed-body", "The body can't be used", detail)
  }
}
