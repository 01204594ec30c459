#pragma once
#include <stdint.h>

/// What one thread has asked of the heap. The table of them begins the file that `EARSHOT_ALLOCATIONS` names.
typedef struct {
  /// Thread id as in /proc/PID/task; 0: no thread yet.
  uint64_t thread;
  uint64_t allocations;
} allocation_slot;

enum { allocation_slots = 256 };
