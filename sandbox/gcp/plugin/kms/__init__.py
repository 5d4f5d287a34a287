"""Handlers of the tokens ``gcp:kms/...``, one file each."""
