@testable import API

enum JSONFuzz {
  static func run(_ input: UnsafeRawBufferPointer) {
    if let value = try? JSONReader.read(input) {
      _ = value.kind
      precondition(String(validating: input, as: UTF8.self) != nil, "taken, and no UTF-8")
    }
    guard let text = String(validating: input, as: UTF8.self) else { return }
    _ = PhoneRequest.read(text)
  }
}
