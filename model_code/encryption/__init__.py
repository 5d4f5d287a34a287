"""Client-side encryption: Fernet tokens for small values, sealed files for data sets.

A package that needs nothing of its neighbours: `python -m model_code.encryption` from the project,
`python -m encryption` where model_code's files lie flat. Python 3.10 or newer and `cryptography`;
a cloud's own client is imported only when one of its keys is used. docs/encryption.md tells the
format, what it protects against and what it does not.
"""
