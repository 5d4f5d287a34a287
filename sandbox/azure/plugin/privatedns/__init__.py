"""Handlers of ``azure-native:privatedns``."""
