"""Handlers of the tokens ``gcp:monitoring/...``, one file each."""
