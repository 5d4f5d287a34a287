"""Handlers of ``azure-native:resources``."""
