#pragma once
// A view of a host's files that only the calling thread has. Each function returns 0, or -1 with errno.
//
// The thread must be one that ends afterwards: with it, and with the programs that it started, the view is gone.

// Gives the thread mounts, network and working folder of its own; what it mounts, nobody else sees.
int writ_view_begin(void);

// An empty file system in memory, root's, 0755.
int writ_view_memory(const char *at);

// Shows `from` at `at` with everything mounted below it, for reading only.
int writ_view_bind(const char *from, const char *at);

// Shows `upper` and, below it, `lower` as one folder at `at`, for reading only.
int writ_view_merge(const char *upper, const char *lower, const char *at);

// Makes `root` the thread's root and working folder.
int writ_view_enter(const char *root);
