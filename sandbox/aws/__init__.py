"""The AWS part of the sandbox: moto's server, extended where it only pretends."""
