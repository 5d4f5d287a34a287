"""Handlers of the tokens ``aws:appautoscaling/…``."""
