"""Handlers of ``azure-native:authorization``."""
