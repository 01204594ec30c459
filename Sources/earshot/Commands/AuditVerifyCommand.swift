import Storage
import Supervision

/// `earshot audit verify`: whether the audit is what was written. Needs no server.
struct AuditVerifyCommand: Command {
  private static let folder = Option("folder", value: "DIR", "The storage folder. Default: var/earshot.")
  private static let publicKey = Option(
    "public-key", value: "FILE", "The key that proves checkpoints. Default: audit.pub in the folder.")

  static let syntax = CommandSyntax(
    name: "audit verify",
    summary: "Prove that nobody changed, dropped, doubled or swapped an audit entry.",
    options: [folder, publicKey, .json],
    notes: [
      """
      Reads the database itself and needs no server; one may be running. Each fault is named with its row. Exit
      code 0: intact; 1: not, or it can't be read. Keep a copy of the public key elsewhere: whoever could change
      both it and the database could sign a history of his own.
      """
    ],
    examples: [
      ("earshot audit verify", "Verify the audit in var/earshot"),
      (
        "earshot audit verify --folder backup --public-key audit.pub",
        "Verify a copy with a key kept elsewhere"
      ),
    ])

  private let files: AuditFolder
  private let key: String
  private let json: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    files = AuditFolder(arguments.value(Self.folder) ?? "var/earshot")
    key = arguments.value(Self.publicKey) ?? files.publicKey
    json = arguments.has(.json)
  }

  func run(_ console: Console) async throws -> ExitCode {
    let verification: AuditVerification
    do {
      verification = try AuditVerifier(database: files.database, publicKey: key).verify()
    } catch {
      console.complain("earshot: \(error.explanation)")
      return .failed
    }
    if json {
      console.print(try JSONText.of(Verdict(verification)))
    } else {
      for line in verification.lines { console.print(line) }
      console.print(verification.isIntact ? "The audit is intact." : "The audit is NOT intact.")
    }
    return verification.isIntact ? .ok : .failed
  }

  private struct Verdict: Encodable {
    struct Chain: Encodable {
      var name: String
      var rows: UInt64
      var last: UInt64
      var head: String
      var erasedThrough: UInt64
      var faults: [String]
    }

    var isIntact: Bool
    var chains: [Chain]
    var checkpoints: UInt64
    var checkpointFaults: [String]
    var orphans: UInt64

    init(_ verification: AuditVerification) {
      isIntact = verification.isIntact
      chains = verification.chains.map { chain in
        Chain(
          name: chain.name.description, rows: chain.rows, last: chain.last, head: chain.head.description,
          erasedThrough: chain.erasedThrough, faults: chain.faults.map(\.description))
      }
      checkpoints = verification.checkpoints
      checkpointFaults = verification.checkpointFaults.map(\.description)
      orphans = verification.orphans
    }
  }
}
