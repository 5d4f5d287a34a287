"""Handlers of the tokens ``gcp:storage/...``, one file each."""
