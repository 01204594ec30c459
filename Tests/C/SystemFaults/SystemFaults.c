#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "SystemFaults.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Weak: a sanitizer's own wrappers come first where there is one.
#define WRAPPED __attribute__((weak, used))

static int armed = -1, armed_error;
static long armed_passed, armed_count, armed_hits;
static unsigned long armed_thread;

void system_fault_arm(system_call call, int error, long passed, long count, unsigned long thread) {
  __atomic_store_n(&armed, -1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&armed_error, error, __ATOMIC_SEQ_CST);
  __atomic_store_n(&armed_passed, passed, __ATOMIC_SEQ_CST);
  __atomic_store_n(&armed_count, count, __ATOMIC_SEQ_CST);
  __atomic_store_n(&armed_thread, thread, __ATOMIC_SEQ_CST);
  __atomic_store_n(&armed_hits, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&armed, (int)call, __ATOMIC_SEQ_CST);
}

long system_fault_disarm(void) {
  __atomic_store_n(&armed, -1, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&armed_hits, __ATOMIC_SEQ_CST);
}

long system_fault_hits(void) { return __atomic_load_n(&armed_hits, __ATOMIC_SEQ_CST); }

/// The error that this call must fail with; 0: none.
static int fault(system_call call) {
  if (__atomic_load_n(&armed, __ATOMIC_SEQ_CST) != (int)call) return 0;
  unsigned long thread = __atomic_load_n(&armed_thread, __ATOMIC_SEQ_CST);
  if (thread && thread != (unsigned long)pthread_self()) return 0;
  if (__atomic_sub_fetch(&armed_passed, 1, __ATOMIC_SEQ_CST) >= 0) return 0;
  if (__atomic_sub_fetch(&armed_count, 1, __ATOMIC_SEQ_CST) < 0) return 0;
  __atomic_add_fetch(&armed_hits, 1, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&armed_error, __ATOMIC_SEQ_CST);
}

#define FAIL(call)             \
  do {                         \
    int error = fault(call);   \
    if (error) {               \
      errno = error;           \
      return -1;               \
    }                          \
  } while (0)

WRAPPED int socket(int family, int type, int protocol) {
  FAIL(SYSTEM_SOCKET);
  return (int)syscall(SYS_socket, family, type, protocol);
}

WRAPPED int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
  FAIL(SYSTEM_BIND);
  return (int)syscall(SYS_bind, descriptor, address, length);
}

WRAPPED int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
  FAIL(SYSTEM_CONNECT);
  return (int)syscall(SYS_connect, descriptor, address, length);
}

WRAPPED ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
  FAIL(SYSTEM_SEND);
  return syscall(SYS_sendto, descriptor, bytes, count, flags, NULL, 0);
}

WRAPPED ssize_t sendto(
    int descriptor, const void *bytes, size_t count, int flags, const struct sockaddr *address, socklen_t length) {
  FAIL(SYSTEM_SENDTO);
  return syscall(SYS_sendto, descriptor, bytes, count, flags, address, length);
}

WRAPPED ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  FAIL(SYSTEM_SENDMSG);
  return syscall(SYS_sendmsg, descriptor, message, flags);
}

WRAPPED ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
  FAIL(SYSTEM_RECV);
  return syscall(SYS_recvfrom, descriptor, bytes, count, flags, NULL, NULL);
}

WRAPPED ssize_t recvfrom(
    int descriptor, void *restrict bytes, size_t count, int flags, struct sockaddr *restrict address,
    socklen_t *restrict length) {
  FAIL(SYSTEM_RECVFROM);
  return syscall(SYS_recvfrom, descriptor, bytes, count, flags, address, length);
}

WRAPPED int epoll_create1(int flags) {
  FAIL(SYSTEM_EPOLL_CREATE);
  return (int)syscall(SYS_epoll_create1, flags);
}

WRAPPED int epoll_ctl(int descriptor, int operation, int watched, struct epoll_event *event) {
  FAIL(SYSTEM_EPOLL_CTL);
  return (int)syscall(SYS_epoll_ctl, descriptor, operation, watched, event);
}

WRAPPED int epoll_wait(int descriptor, struct epoll_event *events, int count, int timeout) {
  FAIL(SYSTEM_EPOLL_WAIT);
  return (int)syscall(SYS_epoll_pwait, descriptor, events, count, timeout, NULL, 8);
}

WRAPPED int eventfd(unsigned int value, int flags) {
  FAIL(SYSTEM_EVENTFD);
  return (int)syscall(SYS_eventfd2, value, flags);
}

static int open_file(const char *path, int flags, va_list rest) {
  FAIL(SYSTEM_OPEN);
  unsigned mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, unsigned) : 0;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

WRAPPED int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int descriptor = open_file(path, flags, rest);
  va_end(rest);
  return descriptor;
}

WRAPPED int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int descriptor = open_file(path, flags, rest);
  va_end(rest);
  return descriptor;
}

WRAPPED ssize_t read(int descriptor, void *bytes, size_t count) {
  FAIL(SYSTEM_READ);
  return syscall(SYS_read, descriptor, bytes, count);
}

WRAPPED ssize_t write(int descriptor, const void *bytes, size_t count) {
  FAIL(SYSTEM_WRITE);
  return syscall(SYS_write, descriptor, bytes, count);
}

WRAPPED ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  FAIL(SYSTEM_PWRITE);
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

WRAPPED ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  FAIL(SYSTEM_PWRITE);
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

WRAPPED int fsync(int descriptor) {
  FAIL(SYSTEM_FSYNC);
  return (int)syscall(SYS_fsync, descriptor);
}

WRAPPED int fdatasync(int descriptor) {
  FAIL(SYSTEM_FDATASYNC);
  return (int)syscall(SYS_fdatasync, descriptor);
}

WRAPPED int ftruncate(int descriptor, off_t size) {
  FAIL(SYSTEM_FTRUNCATE);
  return (int)syscall(SYS_ftruncate, descriptor, size);
}

WRAPPED int flock(int descriptor, int operation) {
  FAIL(SYSTEM_FLOCK);
  return (int)syscall(SYS_flock, descriptor, operation);
}
