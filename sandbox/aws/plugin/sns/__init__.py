"""Handlers of the tokens ``aws:sns/…``."""
