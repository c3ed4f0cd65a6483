// Tests of WritPlan.
