"""Handlers of the tokens ``aws:cfg/…`` (AWS Config)."""
