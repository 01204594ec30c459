import Supervision

/// What is kept beside a payload so that entries can be searched for: a copy, never evidence. The verifier holds it
/// against the payload, or an entry could be hidden by changing it.
struct AuditColumns: Hashable {
  var action: String
  var time: Int64
  var call: String?
  var session: String?
  var supervisor: String?
  var agent: String?
  var monitoredExtension: String?

  static let names = "action, time, call, session, supervisor, agent, extension"

  init(_ entry: AuditEntry) {
    action = entry.action.rawValue
    time = entry.time
    call = entry.call?.value
    session = entry.session?.value
    supervisor = entry.supervisor?.value
    agent = entry.agent
    monitoredExtension = entry.monitoredExtension
  }

  /// From a row that has the columns of `names`, the first at `column`.
  init(_ row: borrowing SQLiteStatement, at column: Int32) {
    action = row.text(column) ?? ""
    time = row.integer(column + 1)
    call = row.text(column + 2)
    session = row.text(column + 3)
    supervisor = row.text(column + 4)
    agent = row.text(column + 5)
    monitoredExtension = row.text(column + 6)
  }

  func bind(to statement: borrowing SQLiteStatement, from index: Int32) {
    statement.bind(index, action)
    statement.bind(index + 1, time)
    statement.bind(index + 2, call)
    statement.bind(index + 3, session)
    statement.bind(index + 4, supervisor)
    statement.bind(index + 5, agent)
    statement.bind(index + 6, monitoredExtension)
  }
}
