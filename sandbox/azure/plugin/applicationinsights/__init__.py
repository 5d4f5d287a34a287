"""Handlers of ``azure-native:applicationinsights``."""
