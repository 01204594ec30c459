// Preloaded into the server under test by `earshot bench`: counts malloc, calloc, realloc and aligned allocations per
// thread, into a file that both processes have mapped. glibc's own functions do the work.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "AllocationCounter.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static allocation_slot *table;
static uint64_t taken;
static __thread allocation_slot *mine __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void map_table(void) {
  const char *path = getenv("EARSHOT_ALLOCATIONS");
  if (path == NULL) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  size_t size = allocation_slots * sizeof(allocation_slot);
  void *place = ftruncate(file, (off_t)size) == 0
                    ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                    : MAP_FAILED;
  close(file);
  if (place != MAP_FAILED) table = place;
}

static void count(void) {
  if (table == NULL) return;
  if (mine == NULL) {
    uint64_t index = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
    if (index >= allocation_slots) return;
    mine = table + index;
    __atomic_store_n(&mine->thread, (uint64_t)gettid(), __ATOMIC_RELAXED);
  }
  __atomic_store_n(&mine->allocations, mine->allocations + 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count();
  *result = __libc_memalign(alignment, size);
  return *result == NULL ? ENOMEM : 0;
}
