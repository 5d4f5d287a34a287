"""Handlers of the tokens ``gcp:projects/...``, one file each."""
