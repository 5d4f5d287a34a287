"""Handlers of the tokens ``aws:glue/…``."""
