"""Handlers of ``azure-native:managedidentity``."""
