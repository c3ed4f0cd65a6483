#include "writgit.h"

// libgit2 built with mbedtls (Debian's is) decodes every certificate authority of the machine when it starts, before it is known
// whether anything will be asked of the network: a sixth of what an answer from the cache costs. Nothing here ever speaks to
// a remote through libgit2; git itself fetches and pushes. A function of the executable comes before that of a library, so this one
// is called instead: it reads nothing and reports success. The list of authorities stays empty, so that libgit2 would trust no
// server at all. With another TLS library it is never called.
int mbedtls_x509_crt_parse_file(void *chain, const char *path) {
  (void)chain;
  (void)path;
  return 0;
}
