"""Handlers of the tokens ``aws:guardduty/…``."""
