"""Handlers of the tokens ``aws:sagemaker/…``."""
