"""Handlers of ``azure-native:containerregistry``."""
