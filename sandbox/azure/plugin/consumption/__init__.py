"""Handlers of ``azure-native:consumption``."""
