import Configuration

enum ConfigFuzz {
  static func run(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    do {
      let configuration = try Configuration.parse(text, environment: ["SECRET": "a secret from outside"])
      _ = ConfigDirectory(configuration)
    } catch {
      // A fault says where and what: an operator reads it.
      precondition(!error.description.isEmpty)
    }
  }
}
