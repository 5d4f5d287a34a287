"""Handlers of the tokens ``gcp:securitycenter/...``, one file each."""
