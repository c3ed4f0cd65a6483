#pragma once
// Asks the kernel what an account may do, in that account's name.
#include <stddef.h>
#include <stdint.h>

// What a question is about.
#define WRIT_TRY_DIRECTORY 1u  // list and enter it; write: make names in it
#define WRIT_TRY_FILE 2u       // open it
#define WRIT_TRY_OTHER 3u      // a device, FIFO or socket: asked of, never opened

// What an answer says.
#define WRIT_MAY_READ 1u
#define WRIT_MAY_WRITE 2u
#define WRIT_MAY_CONNECT 1u
#define WRIT_NOT_ASKED 4u  // nothing is there any more, or something else than a permission stood in the way

struct writ_question {
  const char *path;  // below the root, without a leading slash
  uint8_t subject;
};

// In a child process with exactly these ids, groups and no capability: tries each path below `root` (a directory, perhaps
// O_PATH), following no symbolic link. Files are opened for reading and closed at once; nothing is opened for writing or
// written. The child ends before this returns, or after `seconds`.
//
// Returns 0, or -1 with errno: the account cannot be taken on (EINVAL, EPERM), or the child was ended (EINTR).
int writ_try_as(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count, int root,
                const struct writ_question *questions, uint8_t *answers, size_t count, unsigned seconds);

struct writ_address {
  uint8_t address[16];  // of IPv4 the first four count
  uint16_t port;
  uint8_t is_version6;
};

// Likewise, in a child process: makes a UDP socket for each address and sends one empty datagram that the first router drops
// (hop limit 1). An answer is WRIT_MAY_CONNECT, 0 where the host refuses it, or WRIT_NOT_ASKED where there is no way there.
int writ_try_egress(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count,
                    const struct writ_address *addresses, uint8_t *answers, size_t count, unsigned seconds);
