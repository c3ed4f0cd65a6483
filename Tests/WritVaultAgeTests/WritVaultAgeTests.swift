// Tests of WritVaultAge.
