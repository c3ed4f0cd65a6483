// Tests of WritApply.
