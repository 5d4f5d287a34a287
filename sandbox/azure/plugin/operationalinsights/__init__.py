"""Handlers of ``azure-native:operationalinsights``."""
