"""Handlers of the tokens ``gcp:vertex/...``, one file each."""
