// Tests of WritYAML.
