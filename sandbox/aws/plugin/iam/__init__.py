"""Handlers of the tokens ``aws:iam/…``."""
