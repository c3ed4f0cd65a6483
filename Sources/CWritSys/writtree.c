#include "writtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

// Numbers that the headers of Debian 12 do not have yet; the same on every architecture.
#define WRIT_SYS_FCHMODAT2 452
#define WRIT_SYS_GETXATTRAT 464

#define ACCESS_ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

struct writ_xattr_args {
  uint64_t value __attribute__((aligned(8)));
  uint32_t size;
  uint32_t flags;
};

struct writ_dirent {
  uint64_t ino;
  int64_t off;
  unsigned short reclen;
  unsigned char type;
  char name[];
};

int writ_inode_at(int directory, const char *name, int fresh, struct writ_inode *inode) {
  struct statx s;
  int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (fresh ? AT_STATX_SYNC_AS_STAT : AT_STATX_DONT_SYNC);
  if (name[0] == 0) flags |= AT_EMPTY_PATH;
  unsigned wanted = STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID | STATX_NLINK | STATX_INO | STATX_MNT_ID |
                    STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_BTIME;
  if (statx(directory, name, flags, wanted, &s) != 0) return -1;
  inode->mode = s.stx_mode;
  inode->uid = s.stx_uid;
  inode->gid = s.stx_gid;
  inode->nlink = s.stx_nlink;
  inode->ino = s.stx_ino;
  inode->dev_major = s.stx_dev_major;
  inode->dev_minor = s.stx_dev_minor;
  inode->mount = s.stx_mnt_id;
  inode->size = s.stx_size;
  inode->modified = (int64_t)s.stx_mtime.tv_sec * 1000000000 + s.stx_mtime.tv_nsec;
  inode->changed = (int64_t)s.stx_ctime.tv_sec * 1000000000 + s.stx_ctime.tv_nsec;
  inode->born =
      (s.stx_mask & STATX_BTIME) != 0 ? (int64_t)s.stx_btime.tv_sec * 1000000000 + s.stx_btime.tv_nsec : 0;
  inode->mount_known = (s.stx_mask & STATX_MNT_ID) != 0;
  uint64_t told = s.stx_attributes & s.stx_attributes_mask;
  inode->mount_root = (told & STATX_ATTR_MOUNT_ROOT) != 0;
  inode->immutable = (told & STATX_ATTR_IMMUTABLE) != 0;
  inode->append_only = (told & STATX_ATTR_APPEND) != 0;
  return 0;
}

int writ_open_beneath(int directory, const char *path, int pin) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = (unsigned)(O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | (pin ? O_PATH : O_RDONLY));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int writ_open_directory(int directory, const char *name) {
  return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

int writ_pin(int directory, const char *name) { return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC); }

ssize_t writ_list(int directory, void *buffer, size_t size) {
  return (ssize_t)syscall(SYS_getdents64, directory, buffer, size);
}

const char *writ_entry(const void *buffer, size_t offset, size_t *next) {
  const struct writ_dirent *entry = (const struct writ_dirent *)((const char *)buffer + offset);
  *next = offset + entry->reclen;
  return entry->name;
}

static void descriptor_path(char path[48], int descriptor) { snprintf(path, 48, "/proc/self/fd/%d", descriptor); }

// Where the kernel has what a descriptor holds; of what has no name any more, that name and " (deleted)".
static ssize_t place_of(int descriptor, char *place, size_t size) {
  char path[48];
  descriptor_path(path, descriptor);
  ssize_t length = readlink(path, place, size);
  if (length >= 0 && (size_t)length == size) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return length;
}

// Reads what comes after the folder's last entry, nothing, and so takes its lock for a moment. Where nobody can go to the end, as on
// old tmpfs, the beginning is read. The descriptor's own position stays.
static int wait_for_changes(int directory) {
  int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (again < 0) return -1;
  char entries[512];
  (void)lseek(again, 0, SEEK_END);
  long got = syscall(SYS_getdents64, again, entries, sizeof entries);
  int error = errno;
  close(again);
  errno = error;
  return got < 0 ? -1 : 0;
}

int writ_only_name(int directory, const char *name, int pin) {
  struct statx s;
  if (statx(pin, "", AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT, STATX_NLINK, &s) != 0) return -1;
  if (s.stx_nlink != 1) return 0;
  if (wait_for_changes(directory) != 0) return errno == ENOENT ? 0 : -1;
  char folder[PATH_MAX], place[PATH_MAX];
  ssize_t above = place_of(directory, folder, sizeof folder);
  ssize_t whole = place_of(pin, place, sizeof place);
  if (above < 0 || whole < 0) return -1;
  if (above == 1 && folder[0] == '/') above = 0;
  size_t length = strlen(name);
  return (size_t)whole == (size_t)above + 1 + length && memcmp(folder, place, (size_t)above) == 0 && place[above] == '/' &&
         memcmp(place + above + 1, name, length) == 0;
}

// No attribute and no ACLs at all mean the same: the mode says everything.
static ssize_t none_is_empty(ssize_t size) {
  if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return 0;
  return size;
}

static ssize_t attribute_of(int descriptor, const char *attribute, void *buffer, size_t size) {
  ssize_t got = fgetxattr(descriptor, attribute, buffer, size);
  if (got < 0 && errno == EBADF) {
    char path[48];
    descriptor_path(path, descriptor);
    got = getxattr(path, attribute, buffer, size);
  }
  return got;
}

ssize_t writ_acl_get(int directory, const char *name, void *buffer, size_t size) {
  if (name[0] == 0) return none_is_empty(attribute_of(directory, ACCESS_ACL, buffer, size));
  struct writ_xattr_args args = {(uint64_t)(uintptr_t)buffer, (uint32_t)size, 0};
  ssize_t got = (ssize_t)syscall(
      WRIT_SYS_GETXATTRAT, directory, name, AT_SYMLINK_NOFOLLOW, ACCESS_ACL, &args, sizeof args);
  // EPERM is what sandboxes answer to a call they do not know.
  if (got < 0 && (errno == ENOSYS || errno == EPERM)) {
    char path[48 + 1 + 256];
    if (snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, name) >= (int)sizeof path) {
      errno = ENAMETOOLONG;
      return -1;
    }
    got = lgetxattr(path, ACCESS_ACL, buffer, size);
  }
  return none_is_empty(got);
}

ssize_t writ_default_acl_get(int directory, void *buffer, size_t size) {
  return none_is_empty(attribute_of(directory, DEFAULT_ACL, buffer, size));
}

static int set_attribute(int descriptor, const char *attribute, const void *value, size_t size) {
  int rc = fsetxattr(descriptor, attribute, value, size, 0);
  if (rc != 0 && errno == EBADF) {
    char path[48];
    descriptor_path(path, descriptor);
    rc = setxattr(path, attribute, value, size, 0);
  }
  return rc;
}

int writ_acl_set(int descriptor, const void *acl, size_t size) {
  return set_attribute(descriptor, ACCESS_ACL, acl, size);
}

int writ_default_acl_set(int descriptor, const void *acl, size_t size) {
  return set_attribute(descriptor, DEFAULT_ACL, acl, size);
}

int writ_default_acl_drop(int descriptor) {
  int rc = fremovexattr(descriptor, DEFAULT_ACL);
  if (rc != 0 && errno == EBADF) {
    char path[48];
    descriptor_path(path, descriptor);
    rc = removexattr(path, DEFAULT_ACL);
  }
  if (rc != 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return 0;
  return rc;
}

int writ_has_capability(int descriptor) {
  return attribute_of(descriptor, "security.capability", NULL, 0) > 0 ? 1 : 0;
}

int writ_chown(int descriptor, uint32_t uid, uint32_t gid) { return fchownat(descriptor, "", uid, gid, AT_EMPTY_PATH); }

int writ_chmod(int descriptor, uint32_t mode) {
  int rc = (int)syscall(WRIT_SYS_FCHMODAT2, descriptor, "", mode, AT_EMPTY_PATH);
  if (rc != 0 && (errno == ENOSYS || errno == EPERM)) {
    char path[48];
    descriptor_path(path, descriptor);
    rc = chmod(path, mode);
  }
  return rc;
}

int writ_is_read_only(int descriptor) {
  struct statvfs s;
  return fstatvfs(descriptor, &s) == 0 && (s.f_flag & ST_RDONLY) != 0;
}

int writ_open_host(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }
