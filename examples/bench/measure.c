// Runs a program N times with its output thrown away and prints the medians: wall ms, user+sys ms, largest resident KiB.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  int runs = atoi(argv[1]), wanted = atoi(argv[2]);
  double *wall = calloc(runs, sizeof *wall), *cpu = calloc(runs, sizeof *cpu), *memory = calloc(runs, sizeof *memory);
  for (int i = 0; i < runs; i++) {
    struct timespec before, after;
    struct rusage usage;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid_t child = fork();
    if (child == 0) {
      int nothing = open("/dev/null", O_RDWR);
      dup2(nothing, 0), dup2(nothing, 1), dup2(nothing, 2);
      execvp(argv[3], argv + 3);
      _exit(127);
    }
    if (wait4(child, &status, 0, &usage) < 0) return 1;
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted) {
      fprintf(stderr, "%s ended with %d instead of %d\n", argv[3], WIFEXITED(status) ? WEXITSTATUS(status) : -1, wanted);
      return 1;
    }
    wall[i] = (after.tv_sec - before.tv_sec) * 1e3 + (after.tv_nsec - before.tv_nsec) / 1e6;
    cpu[i] = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    memory[i] = usage.ru_maxrss;
  }
  qsort(wall, runs, sizeof *wall, by_value), qsort(cpu, runs, sizeof *cpu, by_value);
  qsort(memory, runs, sizeof *memory, by_value);
  printf("%.1f %.1f %.0f\n", wall[runs / 2], cpu[runs / 2], memory[runs / 2]);
  return 0;
}
