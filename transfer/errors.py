"""What goes wrong in a transfer, told to a person.

TransferError
 ├─ BadAddress          not an address, or not one of a cloud that is known here
 ├─ Unusable            a bucket that is missing, or no permission on it: nothing can be copied
 ├─ SourceMissing       the object is not there, or not any more
 ├─ SourceChanged       the object became another one while it was read
 ├─ SourceUnreadable    the object is there and cannot be read
 ├─ SinkChanged         somebody else wrote the object of that name meanwhile
 ├─ SinkRefused         the sink does not take the object
 ├─ ChecksumMismatch    what arrived is not what the source says it has
 └─ Interrupted         the run was told to stop
"""


class TransferError(Exception):
    """A failure a person can act on: what is wrong, where, and the remedy."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem}\n  → {remedy}")
        self.problem = problem
        self.remedy = remedy


class BadAddress(TransferError):
    """An address that cannot be read, or names no cloud that is known here."""


class Unusable(TransferError):
    """A bucket is missing, or may not be used: every object of it would fail alike."""


class SourceMissing(TransferError):
    """There is no such object at the source, or not any more."""


class SourceChanged(TransferError):
    """The source's object became another one while it was read."""


class SourceUnreadable(TransferError):
    """One object of the source cannot be read."""


class SinkChanged(TransferError):
    """Somebody else wrote the sink's object meanwhile; theirs was left as it is."""


class SinkRefused(TransferError):
    """The sink does not take one object."""


class ChecksumMismatch(TransferError):
    """Bytes changed on the way. Nothing is in the sink under the object's name."""


class Interrupted(TransferError):
    """The run was told to stop; the next one goes on from the last finished part."""
