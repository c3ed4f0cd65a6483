// Tests of WritSystem.
