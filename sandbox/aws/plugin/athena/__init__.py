"""Handlers of the tokens ``aws:athena/…``."""
