// WritSSHSignature
