// WritHostLinux
