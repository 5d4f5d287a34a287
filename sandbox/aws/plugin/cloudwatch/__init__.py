"""Handlers of the tokens ``aws:cloudwatch/…``."""
