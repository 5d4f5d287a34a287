"""Errors a user of the sandbox can meet; the message names the thing and the remedy.

* :class:`SandboxError` - base
    * :class:`StateError` - a file in the state directory cannot be used
    * :class:`PortError` - a port is taken by something else
    * :class:`JobError` - a job cannot go on; the message becomes its failure reason
"""


class SandboxError(Exception):
    """Base of what the sandbox reports to people without a stack trace."""


class StateError(SandboxError):
    """A file in the state directory is damaged or was written by another version."""


class PortError(SandboxError):
    """A port the sandbox was told to use is taken."""


class JobError(SandboxError):
    """A job or a serving process cannot go on; the message is shown as its failure reason."""
