/* The least that a check of owners, modes and ACLs can cost: one thread, getdents64, statx, getxattr, a table of files with
   several links. Usage: scan FOLDER UID GID DIRECTORY-MODE FILE-MODE [mend]. Prints how many are wrong. With `mend` it also
   changes those, by name, which nobody may do where somebody else can swap names. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

struct entry {
  uint64_t ino;
  int64_t off;
  unsigned short length;
  unsigned char type;
  char name[];
};

static uid_t owner;
static gid_t group;
static unsigned folders, files;
static uint64_t *table;
static size_t room = 1 << 16, used;
static unsigned long wrong, seen;
static int mends;

/* Whether the inode is met for the first time. */
static int meet(uint64_t inode) {
  if (used * 2 > room) {
    uint64_t *old = table;
    size_t before = room;
    table = calloc(room *= 2, sizeof *table);
    for (size_t i = 0; i < before; i++)
      if (old[i]) {
        size_t k = old[i] * 0x9e3779b97f4a7c15u & (room - 1);
        while (table[k]) k = (k + 1) & (room - 1);
        table[k] = old[i];
      }
    free(old);
  }
  size_t k = inode * 0x9e3779b97f4a7c15u & (room - 1);
  while (table[k]) {
    if (table[k] == inode) return 0;
    k = (k + 1) & (room - 1);
  }
  table[k] = inode;
  used++;
  return 1;
}

/* What a folder hands down to new entries: the minimal list made of its mode. */
static unsigned char handed[28] = {2};

static void hand_down(void) {
  for (int i = 0; i < 3; i++) {
    unsigned char *entry = handed + 4 + 8 * i;
    entry[0] = (unsigned char[]){1, 4, 32}[i];
    entry[2] = folders >> (6 - 3 * i) & 7;
    memset(entry + 4, 0xff, 4);
  }
}

/* `name` is empty for a folder that is open. */
static void mend(int directory, const char *name, const struct statx *s, unsigned wanted, ssize_t access) {
  int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH, failed = fchownat(directory, name, owner, group, flags);
  if (S_ISDIR(s->stx_mode)) {
    if (access > 0) failed |= fremovexattr(directory, "system.posix_acl_access");
    failed |= fchmod(directory, wanted) | fsetxattr(directory, "system.posix_acl_default", handed, sizeof handed, 0);
  } else if (!S_ISLNK(s->stx_mode)) {
    failed |= fchmodat(directory, name, wanted, 0);
  }
  if (failed) perror(name);
}

static void judge(int directory, const char *name, const struct statx *s, ssize_t access, const void *defaults,
                  ssize_t size) {
  unsigned wanted = S_ISDIR(s->stx_mode) ? folders : files;
  if (!S_ISDIR(s->stx_mode) && s->stx_mode & 0100) wanted |= 0110;
  if (s->stx_uid != owner || s->stx_gid != group || (!S_ISLNK(s->stx_mode) && (s->stx_mode & 07777) != wanted) ||
      access > 0 ||
      (S_ISDIR(s->stx_mode) && (size != sizeof handed || memcmp(defaults, handed, sizeof handed)))) {
    wrong++;
    if (mends) mend(directory, name, s, wanted, access);
  }
}

static void walk(int directory) {
  char buffer[65536], acl[4096], path[320];
  size_t pending_room = 0, pending = 0;
  char *names = NULL;
  long filled;
  while ((filled = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < filled;) {
      struct entry *e = (struct entry *)(buffer + at);
      at += e->length;
      if (e->name[0] == '.' && (!e->name[1] || (e->name[1] == '.' && !e->name[2]))) continue;
      struct statx s;
      if (statx(directory, e->name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
                STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID | STATX_NLINK | STATX_INO | STATX_MNT_ID, &s) != 0)
        continue;
      seen++;
      if (S_ISDIR(s.stx_mode)) {
        size_t length = strlen(e->name) + 1;
        if (pending + length > pending_room) names = realloc(names, pending_room = (pending + length) * 2 + 256);
        memcpy(names + pending, e->name, length);
        pending += length;
        continue;
      }
      if (s.stx_nlink > 1 && !meet(s.stx_ino)) continue;
      ssize_t size = 0;
      if (!S_ISLNK(s.stx_mode)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, e->name);
#ifdef SYS_getxattrat
        size = lgetxattr(path, "system.posix_acl_access", acl, sizeof acl);
#else
        struct { uint64_t value __attribute__((aligned(8))); uint32_t size, flags; } a = {(uintptr_t)acl, sizeof acl, 0};
        size = syscall(464, directory, e->name, AT_SYMLINK_NOFOLLOW, "system.posix_acl_access", &a, sizeof a);
        if (size < 0 && errno == ENOSYS) size = lgetxattr(path, "system.posix_acl_access", acl, sizeof acl);
#endif
      }
      judge(directory, e->name, &s, size, NULL, 0);
    }
  }
  for (size_t at = 0; at < pending; at += strlen(names + at) + 1) {
    int child = openat(directory, names + at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child < 0) continue;
    struct statx s;
    statx(child, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID | STATX_MNT_ID, &s);
    ssize_t access = fgetxattr(child, "system.posix_acl_access", acl, sizeof acl);
    judge(child, "", &s, access, acl, fgetxattr(child, "system.posix_acl_default", acl, sizeof acl));
    walk(child);
    close(child);
  }
  free(names);
}

int main(int count, char **words) {
  if (count != 6 && count != 7) return 64;
  mends = count == 7;
  owner = (uid_t)atol(words[2]);
  group = (gid_t)atol(words[3]);
  folders = (unsigned)strtoul(words[4], NULL, 8);
  files = (unsigned)strtoul(words[5], NULL, 8);
  hand_down();
  table = calloc(room, sizeof *table);
  int root = open(words[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return 1;
  walk(root);
  printf("%lu names, %lu wrong\n", seen, wrong);
  return 0;
}
