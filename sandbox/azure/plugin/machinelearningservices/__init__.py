"""Handlers of ``azure-native:machinelearningservices``."""
