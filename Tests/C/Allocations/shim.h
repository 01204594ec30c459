#pragma once
// Counts what one thread asks of the heap. `allocations_malloc` is the test process's malloc (glibc lets an
// executable put its own in place), so it touches nothing that could itself need memory.
// glibc's headers are kept out: they would define types a second time beside Swift's own module of them.

typedef unsigned long allocations_size;
extern void *__libc_malloc(allocations_size size);
extern unsigned long pthread_self(void);

typedef struct {
  unsigned long thread; // pthread_t that is watched; 0: none
  long count;
} allocations_state;

// Of the one source file that uses this header: all of it must, or it has a state of its own.
static inline allocations_state *allocations_watched(void) {
  static allocations_state state;
  return &state;
}

__attribute__((weak)) void *allocations_malloc(allocations_size size) __asm__("malloc");
__attribute__((weak)) void *allocations_malloc(allocations_size size) {
  unsigned long thread = __atomic_load_n(&allocations_watched()->thread, __ATOMIC_RELAXED);
  if (thread != 0 && thread == pthread_self())
    __atomic_add_fetch(&allocations_watched()->count, 1, __ATOMIC_RELAXED);
  return __libc_malloc(size);
}

static inline void allocations_watch(unsigned long thread) {
  __atomic_store_n(&allocations_watched()->count, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&allocations_watched()->thread, thread, __ATOMIC_RELAXED);
}

static inline long allocations_unwatch(void) {
  __atomic_store_n(&allocations_watched()->thread, 0, __ATOMIC_RELAXED);
  return __atomic_load_n(&allocations_watched()->count, __ATOMIC_RELAXED);
}
