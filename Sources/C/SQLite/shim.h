#pragma once
#include <sqlite3.h>

/// SQLITE_TRANSIENT is a cast that Swift can't see: SQLite copies the value before the call returns. An empty text may
/// come as a null pointer, which SQLite would take for NULL.
static inline int earshot_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int length) {
  return sqlite3_bind_text(statement, index, text ? text : "", length, SQLITE_TRANSIENT);
}

static inline int earshot_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int length) {
  return length == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                     : sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}
