#pragma once
// recvmmsg and the like are GNU's. But what Swift's own Glibc module declares must look the same here, or the two
// don't load together: the fields of fd_set are named after __USE_XOPEN.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <features.h>
#undef __USE_XOPEN
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <netinet/in.h>
#include <linux/filter.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>

// The calling thread. Swift may hoist `pthread_self` across an `await`, since glibc declares it constant;
// this one it can't see through.
static __attribute__((noinline, unused)) unsigned long linux_current_thread(void) {
  __asm__ volatile("" ::: "memory");
  return (unsigned long)pthread_self();
}

// Asks for memory before it is needed. A builtin of the compiler, which Swift doesn't have.
static inline __attribute__((always_inline)) void linux_prefetch(const void *address) { __builtin_prefetch(address); }

// Nothing for a moment: a hint to the core that a loop only waits.
static inline __attribute__((always_inline)) void linux_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("" ::: "memory");
#endif
}
