#include "writtry.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Of faccessat2(2), Linux 5.8; glibc of Debian 12 emulates AT_EACCESS where the kernel lacks it, which would be no answer.
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

static int open_below(int root, const char *path, int flags) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW);
  // openat2(2) refuses what means nothing beside O_PATH.
  if (!(flags & O_PATH)) how.flags |= O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int is_refusal(int code) { return code == EACCES || code == EPERM || code == EROFS; }

// 1: yes, 0: the kernel refuses, -1: it could not be asked.
static int may(int root, const char *path, int rights) {
  // The way there is gone by the account itself; only then is asked what it may do with what it reached.
  int pin = open_below(root, path, O_PATH);
  if (pin < 0) return is_refusal(errno) ? 0 : -1;
  int rc = (int)syscall(SYS_faccessat2, pin, "", rights, AT_EACCESS | AT_EMPTY_PATH);
  int code = errno;
  close(pin);
  if (rc == 0) return 1;
  return is_refusal(code) ? 0 : -1;
}

static int may_open(int root, const char *path, int flags) {
  int descriptor = open_below(root, path, O_RDONLY | flags);
  if (descriptor < 0) return is_refusal(errno) ? 0 : -1;
  close(descriptor);
  return 1;
}

static uint8_t answer(int root, const struct writ_question *question) {
  int read, write;
  switch (question->subject) {
  case WRIT_TRY_DIRECTORY:
    read = may_open(root, question->path, O_DIRECTORY);
    if (read == 1) read = may(root, question->path, X_OK);
    write = may(root, question->path, W_OK | X_OK);
    break;
  case WRIT_TRY_FILE:
    read = may_open(root, question->path, 0);
    write = may(root, question->path, W_OK);
    break;
  default:
    read = may(root, question->path, R_OK);
    write = may(root, question->path, W_OK);
  }
  if (read < 0 || write < 0) return WRIT_NOT_ASKED;
  return (uint8_t)((read ? WRIT_MAY_READ : 0) | (write ? WRIT_MAY_WRITE : 0));
}

// Plain system calls: those of glibc tell every thread, and here there is only one.
static int become(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t count) {
  if (syscall(SYS_setgroups, count, groups) != 0) return errno;
  if (syscall(SYS_setresgid, gid, gid, gid) != 0) return errno;
  if (syscall(SYS_setresuid, uid, uid, uid) != 0) return errno;
  uint32_t real = 0, effective = 0, saved = 0;
  if (syscall(SYS_getresuid, &real, &effective, &saved) != 0) return errno;
  if (real != uid || effective != uid || saved != uid || uid == 0) return EPERM;
  return 0;
}

// Answers one question after another in a child process with exactly these ids, groups and no capability.
static int ask_as(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count, unsigned seconds,
                  uint8_t (*ask)(const void *, size_t), const void *questions, uint8_t *answers, size_t count) {
  if (uid == 0) {
    errno = EINVAL;
    return -1;
  }
  size_t size = count + sizeof(int);
  uint8_t *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1;
  int *fault = (int *)shared;
  *fault = EINTR;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    // Only system calls from here on: other threads of the parent may have held any lock.
    struct sigaction usual;
    memset(&usual, 0, sizeof usual);
    sigaction(SIGALRM, &usual, NULL);
    sigaction(SIGINT, &usual, NULL);
    sigaction(SIGTERM, &usual, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(seconds);
    int code = become(uid, gid, groups, group_count);
    // After the change of ids, which clears it.
    if (code == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) code = errno;
    if (code == 0 && getppid() != parent) _exit(1);
    if (code == 0)
      for (size_t i = 0; i < count; i++) shared[sizeof(int) + i] = ask(questions, i);
    *fault = code;
    _exit(0);
  }
  int code = child < 0 ? errno : 0;
  if (child > 0) {
    int status;
    while (waitpid(child, &status, 0) < 0)
      if (errno != EINTR) {
        code = errno;
        break;
      }
    if (code == 0) code = *fault;
    if (code == 0) memcpy(answers, shared + sizeof(int), count);
  }
  munmap(shared, size);
  errno = code;
  return code == 0 ? 0 : -1;
}

struct below {
  int root;
  const struct writ_question *questions;
};

static uint8_t answer_below(const void *context, size_t index) {
  const struct below *below = context;
  return answer(below->root, &below->questions[index]);
}

int writ_try_as(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count, int root,
                const struct writ_question *questions, uint8_t *answers, size_t count, unsigned seconds) {
  struct below below = {root, questions};
  return ask_as(uid, gid, groups, group_count, seconds, answer_below, &below, answers, count);
}

// An empty datagram that no router passes on. What netfilter's output hook rejects never leaves, and send(2) says EPERM.
static uint8_t answer_egress(const void *context, size_t index) {
  const struct writ_address *to = (const struct writ_address *)context + index;
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(to->port)};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(to->port)};
  memcpy(&six.sin6_addr, to->address, sizeof six.sin6_addr);
  memcpy(&four.sin_addr, to->address, sizeof four.sin_addr);
  int is6 = to->is_version6 != 0, hops = 1;
  int descriptor = socket(is6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return WRIT_NOT_ASKED;
  uint8_t answer = WRIT_NOT_ASKED;
  int limited = is6 ? setsockopt(descriptor, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops)
                    : setsockopt(descriptor, IPPROTO_IP, IP_TTL, &hops, sizeof hops);
  const struct sockaddr *address = is6 ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
  if (limited == 0 && connect(descriptor, address, is6 ? sizeof six : sizeof four) == 0) {
    if (send(descriptor, "", 0, MSG_NOSIGNAL) == 0)
      answer = WRIT_MAY_CONNECT;
    else if (errno == EPERM || errno == EACCES)
      answer = 0;
  }
  close(descriptor);
  return answer;
}

int writ_try_egress(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count,
                    const struct writ_address *addresses, uint8_t *answers, size_t count, unsigned seconds) {
  return ask_as(uid, gid, groups, group_count, seconds, answer_egress, addresses, answers, count);
}
