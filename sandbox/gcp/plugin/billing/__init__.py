"""Handlers of the tokens ``gcp:billing/...``, one file each."""
