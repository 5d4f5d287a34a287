"""Handlers of ``azure-native:security``."""
