// Tests of WritDigest.
