// Tests of WritGit.
