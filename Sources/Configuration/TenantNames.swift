import Supervision

/// The tenants of a file, for the sections that belong to one.
struct TenantNames {
  let names: [TenantID]

  /// The one that `reader`'s key `tenant` names; with a single tenant there is nothing to name.
  func tenant(of reader: SectionReader) -> TenantID {
    guard let name = reader.text("tenant") else {
      if names.count > 1 {
        reader.fault(
          "tenant", "is missing where there are several tenants.",
          remedy: "Give one of \(names.map(\.value).joined(separator: ", ")).")
      }
      return names[0]
    }
    if !names.contains(TenantID(name)) { reader.unknownTenant(name, among: names.map(\.value)) }
    return TenantID(name)
  }
}

extension SectionReader {
  fileprivate func unknownTenant(_ name: String, among names: [String]) {
    let suggestion = NearestName.suggestion(for: name, among: names).map { "Did you mean '\($0)'?" }
    fault(
      "tenant", "there is no tenant '\(name)'.",
      remedy: suggestion ?? "Add it to 'tenants', or use one of: \(names.joined(separator: ", ")).")
  }
}
