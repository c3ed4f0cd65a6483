// Tests of WritSyntax.
