/// How the audit is kept.
package struct AuditSettings: Sendable {
  /// An existing folder that nobody but its owner may enter; all files of the audit stand in it.
  package var folder: String
  /// Name of this node: there is one chain per tenant and node. It must stay the same.
  package var node: String
  /// How long an entry may wait for the database: then a gate fails and any other entry goes to the spool.
  package var deadline: Duration = .seconds(2)
  /// Bytes reserved on disk for what the database can't take: about 10,000 entries.
  package var spoolCapacity = 4 << 20
  /// A checkpoint is signed after so many entries …
  package var checkpointEvery = 256
  /// … and, when nothing is to be written, so long after the last one if there are entries that it doesn't cover.
  package var checkpointInterval: Duration = .seconds(60)
  /// Without entries the database is written to so often, to know whether it still can be.
  package var probeInterval: Duration = .seconds(2)
  /// Entries that may wait in memory.
  package var backlogLimit = 10_000
  /// SQLite's file system layer; nil for its own.
  package var vfs: String?

  package init(folder: String, node: String) {
    self.folder = folder
    self.node = node
  }
}
