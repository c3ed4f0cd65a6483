// WritGit
