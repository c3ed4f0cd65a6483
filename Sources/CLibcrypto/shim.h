#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

// A macro of several parts, which Swift does not see.
enum { WRIT_EVP_PKEY_PUBLIC_KEY = EVP_PKEY_PUBLIC_KEY };
