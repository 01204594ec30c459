import CSQLite

/// The tables of the audit, and how an older database becomes one of today.
package enum AuditSchema {
  /// Says that a database file is an audit of Earshot's: "EARS".
  package static let applicationID: Int64 = 0x4541_5253

  /// One step per version; a step is never edited once it has been released.
  ///
  /// - `chain`: one per tenant and node.
  /// - `entry`: the links (`AuditLink`), for ever. `submission` tells one submit from all others.
  /// - `content`: payloads, with what is searched for beside them. Erased by retention, the oldest first.
  /// - `checkpoint`: signed heads of all chains; `position` is that of the last entry covered.
  /// - `open_session`: supervision under way, to be told of as interrupted if the process dies. Not evidence.
  /// - `pulse`: written to when nothing else is, to know that writing works.
  package static let migrations = [
    """
    CREATE TABLE chain (
      id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, node TEXT NOT NULL, UNIQUE (tenant, node)) STRICT;
    CREATE TABLE entry (
      position INTEGER PRIMARY KEY, chain INTEGER NOT NULL REFERENCES chain, sequence INTEGER NOT NULL,
      previous BLOB NOT NULL, payload_hash BLOB NOT NULL, hash BLOB NOT NULL, submission BLOB NOT NULL UNIQUE,
      UNIQUE (chain, sequence)) STRICT;
    CREATE TABLE content (
      chain INTEGER NOT NULL, sequence INTEGER NOT NULL, payload BLOB NOT NULL, action TEXT NOT NULL,
      time INTEGER NOT NULL, call TEXT, session TEXT, supervisor TEXT, agent TEXT, extension TEXT,
      PRIMARY KEY (chain, sequence)) STRICT, WITHOUT ROWID;
    CREATE INDEX content_time ON content (chain, time);
    CREATE INDEX content_call ON content (chain, call);
    CREATE INDEX content_supervisor ON content (chain, supervisor);
    CREATE TABLE checkpoint (
      number INTEGER PRIMARY KEY, position INTEGER NOT NULL, statement BLOB NOT NULL,
      signature BLOB NOT NULL) STRICT;
    CREATE TABLE open_session (
      tenant TEXT NOT NULL, session TEXT NOT NULL, chain INTEGER NOT NULL, sequence INTEGER NOT NULL,
      PRIMARY KEY (tenant, session)) STRICT, WITHOUT ROWID;
    CREATE TABLE pulse (id INTEGER PRIMARY KEY CHECK (id = 1), time INTEGER NOT NULL) STRICT;

    CREATE TRIGGER chain_update BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER chain_delete BEFORE DELETE ON chain BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER entry_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER entry_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint
      BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint
      BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER content_update BEFORE UPDATE ON content
      BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER content_delete BEFORE DELETE ON content
      WHEN EXISTS (SELECT 1 FROM content WHERE chain = OLD.chain AND sequence < OLD.sequence)
      BEGIN SELECT RAISE(ABORT, 'retention erases the oldest content first'); END;
    """
  ]

  package enum State: Hashable, Sendable {
    case new, current
    case older(version: Int)
    case newer(version: Int)
    /// A database, but none of ours.
    case foreign
  }

  package static func state(of database: borrowing SQLiteDatabase) throws(SQLiteFault) -> State {
    let version = Int(try database.integer("PRAGMA user_version") ?? 0)
    guard try database.integer("PRAGMA application_id") == applicationID else {
      let tables = try database.integer("SELECT count(*) FROM sqlite_schema")
      return version == 0 && tables == 0 ? .new : .foreign
    }
    if version == migrations.count { return .current }
    return version < migrations.count ? .older(version: version) : .newer(version: version)
  }

  /// Brings a new or older database up to date, in one transaction.
  package static func migrate(
    _ database: borrowing SQLiteDatabase, from version: Int
  ) throws(SQLiteFault) {
    try database.execute("BEGIN IMMEDIATE")
    do {
      for step in migrations.dropFirst(version) { try database.execute(step) }
      try database.execute(
        "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(migrations.count); COMMIT")
    } catch {
      if database.isInTransaction { try? database.execute("ROLLBACK") }
      throw error
    }
  }
}
