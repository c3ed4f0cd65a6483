#include "writview.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

int writ_view_begin(void) {
  if (unshare(CLONE_FS | CLONE_NEWNS | CLONE_NEWNET) != 0) return -1;
  return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int writ_view_memory(const char *at) { return mount("writ", at, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=16m"); }

int writ_view_bind(const char *from, const char *at) {
  if (mount(from, at, NULL, MS_BIND | MS_REC, NULL) != 0) return -1;
  struct mount_attr only_reading;
  memset(&only_reading, 0, sizeof only_reading);
  only_reading.attr_set = MOUNT_ATTR_RDONLY;
  // Of Linux 5.12; the older way leaves what is mounted below as it is.
  if (syscall(SYS_mount_setattr, AT_FDCWD, at, AT_RECURSIVE, &only_reading, sizeof only_reading) == 0) return 0;
  if (errno != ENOSYS) return -1;
  return mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
}

int writ_view_merge(const char *upper, const char *lower, const char *at) {
  char options[256];
  if (snprintf(options, sizeof options, "lowerdir=%s:%s", upper, lower) >= (int)sizeof options) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return mount("writ", at, "overlay", MS_RDONLY, options);
}

int writ_view_enter(const char *root) {
  if (chroot(root) != 0) return -1;
  return chdir("/");
}
