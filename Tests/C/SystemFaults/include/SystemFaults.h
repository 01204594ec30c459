#pragma once
// Makes the system calls of the test process fail when a test says so. An executable may put its own functions before
// glibc's: these are the calls that Earshot, SQLite and sofia-sip make in the tests, and they hand on to the kernel as
// glibc does. Nothing of it is in the program that is shipped, so it costs the packet path nothing.

typedef enum {
  SYSTEM_SOCKET,
  SYSTEM_BIND,
  SYSTEM_CONNECT,
  SYSTEM_SEND,
  SYSTEM_SENDTO,
  SYSTEM_SENDMSG,
  SYSTEM_RECV,
  SYSTEM_RECVFROM,
  SYSTEM_EPOLL_CREATE,
  SYSTEM_EPOLL_CTL,
  SYSTEM_EPOLL_WAIT,
  SYSTEM_EVENTFD,
  SYSTEM_OPEN,
  SYSTEM_READ,
  SYSTEM_WRITE,
  SYSTEM_PWRITE,
  SYSTEM_FSYNC,
  SYSTEM_FDATASYNC,
  SYSTEM_FTRUNCATE,
  SYSTEM_FLOCK,
  SYSTEM_CALLS
} system_call;

/// From now on `count` calls of that kind fail with `error`, after `passed` more have succeeded. One fault at a time.
/// `thread`: the pthread_t that it hits; 0: every thread.
void system_fault_arm(system_call call, int error, long passed, long count, unsigned long thread);

/// No call fails any more. Returns how many have.
long system_fault_disarm(void);

/// Of the one that is armed: how many have failed so far.
long system_fault_hits(void);
