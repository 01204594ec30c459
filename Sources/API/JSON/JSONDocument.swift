import Foundation

/// How documents are written: keys sorted, so that the same document has the same bytes.
package enum JSONDocument {
  package static func encode(_ document: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(document)
    } catch {
      preconditionFailure("\(type(of: document)) can't be written as JSON: \(error)")
    }
  }

  package static func decode<Document: Decodable>(_ type: Document.Type, from data: Data) throws -> Document {
    try JSONDecoder().decode(type, from: data)
  }
}
