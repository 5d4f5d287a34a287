"""Handlers of the tokens ``aws:kms/…``."""
