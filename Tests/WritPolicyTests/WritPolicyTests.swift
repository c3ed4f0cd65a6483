// Tests of WritPolicy.
