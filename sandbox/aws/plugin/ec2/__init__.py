"""Handlers of the tokens ``aws:ec2/…``."""
