#include "writsys.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void writ_keep_memory(void) {
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  // Setting the one ends glibc's own fitting of the other, which would have come to this.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

void writ_large_pages(void *bytes, size_t size) {
  const uintptr_t large = 2 << 20;
  uintptr_t start = ((uintptr_t)bytes + large - 1) & ~(large - 1);
  uintptr_t end = ((uintptr_t)bytes + size) & ~(large - 1);
  // A kernel that has none goes on with small ones.
  if (end > start) madvise((void *)start, end - start, MADV_HUGEPAGE);
}

void writ_reserve_memory(void) {
  // Volatile, or the compiler leaves out both calls.
  void *volatile reserved = malloc(16 << 20);
  free(reserved);
}

int writ_spawn(const char *path, char *const argv[], char *const envp[], const char *cwd, int in, int out, int err,
               int kept, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  int rc = posix_spawn_file_actions_init(&actions);
  if (rc != 0) return rc;
  rc = posix_spawnattr_init(&attributes);
  if (rc != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return rc;
  }
  sigfillset(&all);
  sigemptyset(&none);
  rc = posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  if (rc == 0) rc = posix_spawnattr_setsigdefault(&attributes, &all);
  if (rc == 0) rc = posix_spawnattr_setsigmask(&attributes, &none);
  if (rc == 0) rc = posix_spawnattr_setpgroup(&attributes, 0);
  if (rc == 0) rc = posix_spawn_file_actions_adddup2(&actions, in, 0);
  if (rc == 0) rc = posix_spawn_file_actions_adddup2(&actions, out, 1);
  if (rc == 0) rc = posix_spawn_file_actions_adddup2(&actions, err, 2);
  if (rc == 0 && kept >= 0) rc = posix_spawn_file_actions_adddup2(&actions, kept, 3);
  if (rc == 0) rc = posix_spawn_file_actions_addclosefrom_np(&actions, kept >= 0 ? 4 : 3);
  if (rc == 0 && cwd != NULL) rc = posix_spawn_file_actions_addchdir_np(&actions, cwd);
  if (rc == 0) rc = posix_spawn(pid, path, &actions, &attributes, argv, envp);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return rc;
}

int writ_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int writ_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int writ_process_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int writ_process_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}
