"""Handlers of the tokens ``gcp:logging/...``, one file each."""
