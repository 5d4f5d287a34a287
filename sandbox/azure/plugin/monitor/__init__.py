"""Handlers of ``azure-native:monitor``."""
