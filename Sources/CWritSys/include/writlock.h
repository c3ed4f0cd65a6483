#pragma once
// Waiting for a lock with a limit. Returns 0, or -1 with errno.

// Takes the write lock of the open file description of `file`, waiting in the kernel's queue for at most `milliseconds`: behind
// programs that wait there, whoever only asks now and then hardly ever meets the lock free. errno is ETIMEDOUT when the time is over.
int writ_lock(int file, int milliseconds);
