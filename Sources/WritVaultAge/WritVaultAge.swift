// WritVaultAge
