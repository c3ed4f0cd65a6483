// Tests of WritHistory.
