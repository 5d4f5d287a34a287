"""Handlers of the tokens ``aws:vpc/…``."""
