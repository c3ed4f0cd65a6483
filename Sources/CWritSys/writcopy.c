#include "writcopy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int writ_open_file(int directory, const char *name) {
  int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int descriptor = openat(directory, name, flags | O_NOATIME);
  // Only the owner, and root, may leave the time alone (open(2)).
  if (descriptor < 0 && errno == EPERM) descriptor = openat(directory, name, flags);
  return descriptor;
}

int writ_clone(int target, int source) { return ioctl(target, FICLONE, source); }

int writ_rename_new(int from, const char *name, int to, const char *new_name) {
  return renameat2(from, name, to, new_name, RENAME_NOREPLACE);
}

int writ_set_modified(int directory, const char *name, int64_t modified) {
  struct timespec times[2];
  times[0].tv_sec = 0;
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = modified / 1000000000;
  times[1].tv_nsec = modified % 1000000000;
  if (times[1].tv_nsec < 0) {
    times[1].tv_nsec += 1000000000;
    times[1].tv_sec -= 1;
  }
  return name[0] == 0 ? futimens(directory, times) : utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW);
}

int writ_sync_all(int descriptor) { return syncfs(descriptor); }

int writ_is_zero(const void *bytes, size_t size) {
  const char *first = bytes;
  return size == 0 || (first[0] == 0 && memcmp(first, first + 1, size - 1) == 0);
}
