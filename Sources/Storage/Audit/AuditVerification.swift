import Supervision

/// What is wrong with a checkpoint, by its number.
package enum AuditCheckpointFault: Hashable, Sendable, CustomStringConvertible {
  /// The signature doesn't fit the statement.
  case badSignature(UInt64)
  /// Another key than the one at hand signed it.
  case otherKey(UInt64)
  /// The statement isn't one, or tells another number.
  case unreadable(UInt64)
  case dropped(ClosedRange<UInt64>)
  /// It doesn't follow on the one before.
  case brokenLink(UInt64)

  package var description: String {
    switch self {
    case .badSignature(let number): "checkpoint \(number) changed: its signature is not valid"
    case .otherKey(let number):
      "checkpoint \(number) was signed with another key; give the public key of that time"
    case .unreadable(let number): "checkpoint \(number) changed: it can't be read"
    case .dropped(let numbers) where numbers.count == 1: "checkpoint \(numbers.lowerBound) dropped"
    case .dropped(let numbers): "checkpoints \(numbers.lowerBound) to \(numbers.upperBound) dropped"
    case .brokenLink(let number): "checkpoint \(number) doesn't follow on checkpoint \(number - 1)"
    }
  }
}

/// The outcome of `AuditVerifier.verify`.
package struct AuditVerification: Hashable, Sendable {
  /// By name.
  package var chains: [AuditChainReport]
  /// Valid ones.
  package var checkpoints: UInt64
  package var checkpointFaults: [AuditCheckpointFault]
  /// Rows that belong to no chain any more.
  package var orphans: UInt64

  package var isIntact: Bool {
    checkpointFaults.isEmpty && orphans == 0 && chains.allSatisfy(\.faults.isEmpty)
  }

  /// A line for each chain and each fault, for people.
  package var lines: [String] {
    var lines = chains.flatMap { chain -> [String] in
      let erased =
        chain.erasedThrough > 0 ? ", contents up to row \(chain.erasedThrough) erased by retention" : ""
      let state = chain.faults.isEmpty ? "intact" : "\(chain.faults.count) fault(s)"
      return ["chain \(chain.name): \(chain.rows) rows\(erased): \(state); head \(chain.head)"]
        + chain.faults.map { "  \(chain.name): \($0)" }
    }
    lines.append("\(checkpoints) valid checkpoints")
    lines += checkpointFaults.map { "  \($0)" }
    if orphans > 0 { lines.append("  \(orphans) rows belong to no chain: a chain was dropped") }
    return lines
  }
}
