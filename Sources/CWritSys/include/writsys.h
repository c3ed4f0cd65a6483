#pragma once
// Linux system calls that the Glibc module of Swift lacks. Unless a comment says otherwise each function
// returns what the call returns, and errno says why it failed.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "writcopy.h"
#include "writlock.h"
#include "writtree.h"
#include "writtry.h"
#include "writview.h"

// Starts `path` with `argv` and `envp` in directory `cwd` (NULL: this one), with the three descriptors as its standard
// input, output and error, `kept` as descriptor 3 unless it is negative, and no other descriptor open, default signal actions and an empty signal mask, in a process
// group of its own. Returns 0 and sets *pid, or an errno value.
int writ_spawn(const char *path, char *const argv[], char *const envp[], const char *cwd, int in, int out, int err,
               int kept, pid_t *pid);

// pipe2(2) with O_CLOEXEC, so that a program started at the same time from another thread does not inherit the ends.
int writ_pipe(int ends[2]);

// pidfd_open(2): holds on to one process, whoever gets its pid after it.
int writ_process_open(pid_t pid);

// pidfd_send_signal(2).
int writ_process_signal(int descriptor, int signal);

// memfd_create(2) with MFD_CLOEXEC.
int writ_memory_file(const char *name);

// malloc keeps what is given back, up to 256 MiB, instead of handing it to the system page by page: mallopt(3).
void writ_keep_memory(void);
// What lies whole within these bytes is to be had in large pages: madvise(2), MADV_HUGEPAGE.
void writ_large_pages(void *bytes, size_t size);
// The calling thread's arena grows by 16 MiB.
void writ_reserve_memory(void);
