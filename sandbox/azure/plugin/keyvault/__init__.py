"""Handlers of ``azure-native:keyvault``."""
