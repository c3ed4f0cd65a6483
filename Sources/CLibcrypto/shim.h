#pragma once
// SHA1_Init, SHA256_Init and their like start at once; what replaces them loads libcrypto's configuration and providers
// first, which takes longer than a short command.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

// A macro of several parts, which Swift does not see.
enum { WRIT_EVP_PKEY_PUBLIC_KEY = EVP_PKEY_PUBLIC_KEY };
