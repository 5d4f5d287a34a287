"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad a finding is."""

    OK = "OK"
    WARN = "WARN"
    """`up` may go through; somebody should know."""
    FAIL = "FAIL"
    """`up` would not go through."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the table.

    thing:  what was looked at, and what is the matter with it.
    place:  account, region or setting that it is about.
    remedy: what to do; empty where nothing is to be done.
    """

    status: Status
    thing: str
    place: str
    remedy: str = ""


def ok(thing: str, place: str) -> Finding:
    """Nothing to be done."""
    return Finding(status=Status.OK, thing=thing, place=place)


def warn(thing: str, place: str, remedy: str) -> Finding:
    """Something to know."""
    return Finding(status=Status.WARN, thing=thing, place=place, remedy=remedy)


def fail(thing: str, place: str, remedy: str) -> Finding:
    """Something that stops `up`."""
    return Finding(status=Status.FAIL, thing=thing, place=place, remedy=remedy)
