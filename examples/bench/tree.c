/* Makes a tree like shared Python environments: many small folders, and package files that are hard links.
   Usage: tree FOLDER NAMES. All names are root's; directories 2750, files 0640. Prints how many were made. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { packages = 25, modules = 10, names = 12, linked = 4, kept = 20000 };

static char kept_path[kept][64];

static void folder(const char *path) {
  if (mkdir(path, 0750) != 0 || chmod(path, 02750) != 0) perror(path), exit(1);
}

int main(int count, char **words) {
  if (count != 3 || chdir(words[1]) != 0) return 64;
  long wanted = atol(words[2]), made = 0, sources = 0;
  for (int environment = 0; made < wanted; environment++) {
    char path[64], top[16];
    snprintf(top, sizeof top, "e%05d", environment);
    folder(top), made++;
    for (int package = 0; package < packages; package++) {
      snprintf(path, sizeof path, "%s/p%02d", top, package);
      folder(path), made++;
      for (int module = 0; module < modules; module++) {
        snprintf(path, sizeof path, "%s/p%02d/m%d", top, package, module);
        folder(path), made++;
        for (int name = 0; name < names; name++, made++) {
          snprintf(path, sizeof path, "%s/p%02d/m%d/file_%02d.py", top, package, module, name);
          if (name < linked && sources >= 1000) {
            if (link(kept_path[made * 7919 % sources], path) != 0) perror(path), exit(1);
            continue;
          }
          int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
          if (file < 0) perror(path), exit(1);
          close(file);
          if (name >= names - 2 && sources < kept) snprintf(kept_path[sources++], sizeof kept_path[0], "%s", path);
        }
      }
    }
  }
  printf("%ld\n", made);
  return 0;
}
