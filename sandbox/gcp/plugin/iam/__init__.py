"""Handlers of the tokens ``gcp:iam/...``, one file each."""
