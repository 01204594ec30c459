import Supervision

/// Entries that the audit itself writes, so that the chain tells the truth whatever happened to the process or the disk.
extension AuditEntry {
  /// For a session that the process before never closed; `open` is its last opening or change of mode.
  static func interrupted(_ open: AuditEntry, at time: Int64) -> AuditEntry {
    var entry = AuditEntry(
      tenant: open.tenant, action: .interrupted, time: time, origin: .system,
      outcome: "interrupted: the process ended before the session did")
    entry.supervisor = open.supervisor
    entry.supervisorName = open.supervisorName
    entry.call = open.call
    entry.session = open.session
    entry.monitoredExtension = open.monitoredExtension
    entry.agent = open.agent
    entry.queue = open.queue
    entry.mode = open.mode
    entry.started = open.started
    return entry
  }

  /// For an entry that somebody waited for and that may have come too late: what it announces wasn't done.
  static func void(_ late: AuditEntry, at time: Int64) -> AuditEntry {
    var entry = late
    entry.action = late.action == .opened ? .abandoned : .refused
    entry.time = time
    entry.origin = .system
    entry.outcome =
      "void: the audit didn't confirm \"\(late.action.rawValue)\" in time, so it was not carried out"
    return entry
  }
}
