"""Locks of stack `local` that a killed `pulumi` left behind.

Pulumi's file backend locks by a file that names its owner. After SIGKILL the file stays
and every later run is refused until `pulumi cancel`, which also breaks the locks of runs
that are alive; here only those whose owner is gone are removed.
"""

import json
import socket
from datetime import datetime
from pathlib import Path

import psutil


def clear(backend: Path) -> list[Path]:
    """Removes stale locks under a file backend's directory and returns them.

    A lock stays when its owner lives, or when it cannot be told: another host, a file
    that does not read as a lock.
    """
    stale = [lock for lock in held(backend) if _is_stale(lock)]
    for lock in stale:
        lock.unlink(missing_ok=True)
        lock.with_name(f"{lock.name}.attrs").unlink(missing_ok=True)
    return stale


def held(backend: Path) -> list[Path]:
    """All locks under a file backend's directory."""
    return sorted(backend.glob(".pulumi/locks/**/*.json"))


def _is_stale(lock: Path) -> bool:
    try:
        about = json.loads(lock.read_text())
        pid, host = int(about["pid"]), about["hostname"]
        taken = datetime.fromisoformat(about["timestamp"]).timestamp()
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if host != socket.gethostname():
        return False
    try:
        owner = psutil.Process(pid)
        if owner.status() == psutil.STATUS_ZOMBIE:
            return True
        # A process id is used again: one that started after the lock was taken, or that is
        # no pulumi, is somebody else. Start times are exact to a clock tick only.
        return owner.create_time() > taken + 1 or not owner.name().startswith("pulumi")
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
