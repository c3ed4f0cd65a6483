#pragma once
// What copying a tree by descriptor needs beyond the Glibc module of Swift. Each function returns what the call returns, and errno
// says why it failed.
#include <stddef.h>
#include <stdint.h>

// openat(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC): a file for reading; a FIFO is not waited for. The time of the
// last access stays as it is where the kernel lets the caller do that.
int writ_open_file(int directory, const char *name);

// ioctl(FICLONE): `target` shares the blocks of `source`, where the file system can do that.
int writ_clone(int target, int source);

// renameat2(RENAME_NOREPLACE).
int writ_rename_new(int from, const char *name, int to, const char *new_name);

// Sets mtime, nanoseconds since 1970, of `name` below `directory`, following no link; the empty name means the descriptor itself.
int writ_set_modified(int directory, const char *name, int64_t modified);

// syncfs: everything that was written to the file system of `descriptor` is on its disk.
int writ_sync_all(int descriptor);

// 1 where all bytes are 0.
int writ_is_zero(const void *bytes, size_t size);
