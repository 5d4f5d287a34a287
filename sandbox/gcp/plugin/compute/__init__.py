"""Handlers of the tokens ``gcp:compute/...``, one file each."""
