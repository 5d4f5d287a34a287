"""Handlers of ``azure-native:portal``."""
