"""Log streams written by the sandbox's own services, readable through the Logs API."""

import threading
import time

from moto.logs.exceptions import ResourceAlreadyExistsException
from moto.logs.models import LogsBackend, logs_backends

_CREATING = threading.Lock()


class LogStream:
    """One stream; group and stream are created at the first line, the group under `kms_key`."""

    def __init__(
        self, *, account: str, region: str, group: str, stream: str, kms_key: str | None = None
    ) -> None:
        self._account, self._region = account, region
        self.group, self.stream = group, stream
        self._kms_key = kms_key

    @property
    def _backend(self) -> LogsBackend:
        return logs_backends[self._account][self._region]

    def write(self, *lines: str) -> None:
        """Append lines with the present time; an empty line is stored as one space."""
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line or " "} for line in lines]
        with _CREATING:
            self._create()
            self._backend.put_log_events(self.group, self.stream, events)

    def _create(self) -> None:
        backend = self._backend
        if self.group not in backend.groups:
            settings = {"kmsKeyId": self._kms_key} if self._kms_key else {}
            backend.create_log_group(self.group, {}, **settings)
        try:
            backend.create_log_stream(self.group, self.stream)
        except ResourceAlreadyExistsException:
            return
