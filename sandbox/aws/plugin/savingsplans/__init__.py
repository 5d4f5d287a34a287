"""Handlers of the tokens ``aws:savingsplans/…``."""
