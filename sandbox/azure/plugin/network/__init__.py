"""Handlers of ``azure-native:network``."""
