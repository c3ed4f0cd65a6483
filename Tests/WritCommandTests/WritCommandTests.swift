// Tests of WritCommand.
