"""Handlers of the tokens ``aws:cloudtrail/…``."""
