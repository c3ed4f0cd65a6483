#pragma once
// What walking and mending a file tree by descriptor needs beyond the Glibc module of Swift. Unless a comment says
// otherwise each function returns what the call returns, and errno says why it failed.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What statx(2) says of one inode.
struct writ_inode {
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
  uint32_t nlink;
  uint64_t ino;
  uint32_t dev_major;
  uint32_t dev_minor;
  uint64_t mount;
  uint64_t size;
  int64_t modified;  // mtime, nanoseconds since 1970
  int64_t changed;  // ctime, likewise
  int64_t born;  // nanoseconds since 1970 at which the inode was made; 0 where the file system does not tell
  uint8_t mount_known;  // 0 on kernels that do not tell mount ids
  uint8_t mount_root;   // STATX_ATTR_MOUNT_ROOT: something is mounted here, be it on a single file
  uint8_t immutable;    // STATX_ATTR_IMMUTABLE
  uint8_t append_only;  // STATX_ATTR_APPEND
};

// statx of `name` below `directory`, never following a link; the empty name means the descriptor itself. `fresh` asks a
// network file system anew instead of being content with what it remembers.
int writ_inode_at(int directory, const char *name, int fresh, struct writ_inode *inode);

// openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: a directory, with O_PATH where `pin` is
// set and for reading otherwise.
int writ_open_beneath(int directory, const char *path, int pin);

// openat(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK): a directory for listing.
int writ_open_directory(int directory, const char *name);

// openat(O_PATH | O_NOFOLLOW | O_CLOEXEC): holds on to an inode of any kind without opening it.
int writ_pin(int directory, const char *name);

// Whether `name` in `directory` is the one name of the inode that `pin`, opened by it, holds. 1 yes; 0 no, or not any more; -1 with
// errno where that cannot be told, as of a path longer than a page (ENAMETOOLONG).
//
// A count of one alone does not say so: somebody may have linked a file from elsewhere to `name`, and have taken that link away
// since it was opened. So the count is read first; then the folder is read, which waits for whoever is taking a name out of it; and
// then the name that was opened has to be there still.
int writ_only_name(int directory, const char *name, int pin);

// getdents64: fills `buffer`; 0 at the end.
ssize_t writ_list(int directory, void *buffer, size_t size);

// One entry at `offset` of what writ_list filled: its name, and the offset of the next one.
const char *writ_entry(const void *buffer, size_t offset, size_t *next);

// The access ACL of `name` below `directory` (the empty name: of the descriptor itself, which may be one of O_PATH) in
// the kernel's layout. 0: there is none, or the file system has none.
ssize_t writ_acl_get(int directory, const char *name, void *buffer, size_t size);

// The default ACL of a directory, likewise.
ssize_t writ_default_acl_get(int directory, void *buffer, size_t size);

// Sets the access ACL, and with it the nine mode bits, in one step. The descriptor may be one of O_PATH.
int writ_acl_set(int descriptor, const void *acl, size_t size);
int writ_default_acl_set(int descriptor, const void *acl, size_t size);

// Takes a default ACL away; 0 also when there was none.
int writ_default_acl_drop(int descriptor);

// 1 where the inode carries file capabilities, which a chown silently takes away.
int writ_has_capability(int descriptor);

// fchownat(AT_EMPTY_PATH): of the inode itself, be it a symbolic link.
int writ_chown(int descriptor, uint32_t uid, uint32_t gid);

// The twelve mode bits of a descriptor that may be one of O_PATH: fchmodat2, or chmod of /proc/self/fd/N before Linux 6.6.
int writ_chmod(int descriptor, uint32_t mode);

// 1 where the file system is mounted read-only, 0 where not.
int writ_is_read_only(int descriptor);

// open(O_PATH | O_DIRECTORY | O_CLOEXEC): the folder that stands for a host's root.
int writ_open_host(const char *path);
