// Tests of WritRender.
