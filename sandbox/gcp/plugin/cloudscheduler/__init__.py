"""Handlers of the tokens ``gcp:cloudscheduler/...``, one file each."""
