"""The policy pack: one rule a file, its metadata beside it. docs/policy.md tells how to use it."""
