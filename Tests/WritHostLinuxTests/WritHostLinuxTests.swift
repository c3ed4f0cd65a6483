// Tests of WritHostLinux.
