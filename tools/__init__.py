"""Helpers for people and CI: set-up, the make verbs, checks. Never imported by the program."""
