#define _GNU_SOURCE
#include "writlock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

// What the libraries here leave free; not the one that glibc keeps for itself.
#define WAKE (SIGRTMIN + 7)
// One signal could come just before the wait begins, so there are more of them.
#define WAKE_EVERY_NS 20000000L

static void wake(int signal) { (void)signal; }

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static int take(int file, int how) {
  struct flock request = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(file, how, &request);
}

int writ_lock(int file, int milliseconds) {
  long long end = now() + milliseconds;
  if (take(file, F_OFD_SETLK) == 0) return 0;
  if (errno != EAGAIN && errno != EACCES && errno != EINTR) return -1;
  // Without SA_RESTART, so that the wait ends; sent to this thread alone.
  struct sigaction action = {.sa_handler = wake};
  if (sigaction(WAKE, &action, NULL) != 0) return -1;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WAKE};
  event._sigev_un._tid = gettid();
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return -1;
  sigset_t wanted, before;
  sigemptyset(&wanted);
  sigaddset(&wanted, WAKE);
  pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
  struct itimerspec pace = {.it_interval = {.tv_nsec = WAKE_EVERY_NS}, .it_value = {.tv_nsec = WAKE_EVERY_NS}};
  int result = timer_settime(timer, 0, &pace, NULL);
  while (result == 0) {
    result = take(file, F_OFD_SETLKW);
    if (result == 0 || errno != EINTR) break;
    if (now() >= end) {
      errno = ETIMEDOUT;
      break;
    }
    result = 0;
  }
  int reason = errno;
  timer_delete(timer);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = reason;
  return result;
}
