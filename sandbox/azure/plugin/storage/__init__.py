"""Handlers of ``azure-native:storage``."""
