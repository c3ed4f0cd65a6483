#ifndef WRITGIT_H
#define WRITGIT_H

/// Stands in for mbedtls's function of that name, which libgit2 calls when it starts; see writgit.c.
int mbedtls_x509_crt_parse_file(void *chain, const char *path);

#endif
