"""Handlers of the tokens ``aws:s3/…``."""
