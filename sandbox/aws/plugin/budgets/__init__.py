"""Handlers of the tokens ``aws:budgets/…``."""
