"""Handlers of the tokens ``gcp:serviceaccount/...``, one file each."""
