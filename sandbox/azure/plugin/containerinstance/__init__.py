"""Handlers of ``azure-native:containerinstance``."""
