"""Several hosts train one model: after each epoch their weights are averaged.

The first host listens, the others connect; each round every host sends a vector with a weight and
gets the weighted mean back. Frames are a fixed header and 64-bit floats, nothing that could run
code. Who may connect is settled by the training job's own network; encrypt it with the job's
inter-container encryption.
"""

import hashlib
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import numpy.typing as npt
from user_errors import DataError

Vector = npt.NDArray[np.float64]

_JOIN_SECONDS = 600.0
_ROUND_SECONDS = 3600.0
_HELLO = struct.Struct(">8s16sII")  # magic, run, hosts, rank
_FRAME = struct.Struct(">IQd")  # round, length of the vector, weight
_MAGIC = b"averaged"


@dataclass
class HostGroup:
    """The hosts of one training, in rank order. With one host nothing is sent.

    `run` keeps two trainings apart that meet on one address. Use as a context manager.
    """

    hosts: Sequence[str]
    current_host: str
    port: int
    run: str = ""
    join_seconds: float = _JOIN_SECONDS
    _peers: dict[int, socket.socket] = field(default_factory=dict, init=False)
    _round: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.current_host not in self.hosts or len(set(self.hosts)) != len(self.hosts):
            raise DataError(
                f"host {self.current_host!r} must be one of the training hosts, each named once: "
                f"{', '.join(self.hosts)}"
            )

    @property
    def size(self) -> int:
        """How many hosts train."""
        return len(self.hosts)

    @property
    def rank(self) -> int:
        """This host's place; 0 leads: it averages, reports and writes the model."""
        return list(self.hosts).index(self.current_host)

    def __enter__(self) -> "HostGroup":
        if self.size > 1:
            self._gather() if self.rank == 0 else self._join()
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self._peers.values():
            peer.close()

    def mean(self, vector: Vector, *, weight: float) -> Vector:
        """The weighted mean of every host's vector, the same on each host."""
        self._round += 1
        if self.size == 1:
            return vector
        if self.rank != 0:
            self._send(0, vector, weight)
            return self._receive(0, len(vector))[0]
        total, weights = vector * weight, weight
        for rank in sorted(self._peers):
            other, other_weight = self._receive(rank, len(vector))
            total, weights = total + other * other_weight, weights + other_weight
        result: Vector = total / weights
        for rank in self._peers:
            self._send(rank, result, weights)
        return result

    def from_leader(self, vector: Vector) -> Vector:
        """The vector that the first host has, on every host."""
        return self.mean(vector, weight=1.0 if self.rank == 0 else 0.0)

    def _hello(self, rank: int) -> bytes:
        run = hashlib.blake2b(self.run.encode(), digest_size=16).digest()
        return _HELLO.pack(_MAGIC, run, self.size, rank)

    def _gather(self) -> None:
        deadline = time.monotonic() + self.join_seconds
        expected = {self._hello(rank): rank for rank in range(1, self.size)}
        try:
            listener = socket.create_server((self.current_host, self.port), backlog=self.size)
        except OSError as error:
            raise DataError(
                f"host {self.current_host!r} cannot listen on port {self.port} for the other "
                f"training hosts: {error.strerror or error}. Choose another --averaging_port."
            ) from None
        with listener:
            while len(self._peers) < self.size - 1:
                listener.settimeout(max(deadline - time.monotonic(), 0.01))
                try:
                    peer, _ = listener.accept()
                except TimeoutError:
                    missing = set(range(1, self.size)) - self._peers.keys()
                    self._lost(min(missing), f"did not join within {self.join_seconds:g} s")
                rank = expected.pop(self._read_hello(peer), None)
                if rank is None:  # not one of this training
                    peer.close()
                    continue
                self._keep(rank, peer)

    def _read_hello(self, peer: socket.socket) -> bytes:
        peer.settimeout(10)
        try:
            return _read(peer, _HELLO.size)
        except OSError:
            return b""

    def _join(self) -> None:
        deadline = time.monotonic() + self.join_seconds
        while True:
            try:
                peer = socket.create_connection((self.hosts[0], self.port), timeout=10)
                break
            except OSError:  # not up yet, or its name not yet known
                if time.monotonic() > deadline:
                    self._lost(0, f"could not be reached within {self.join_seconds:g} s")
                time.sleep(0.2)
        self._keep(0, peer)
        peer.sendall(self._hello(self.rank))

    def _keep(self, rank: int, peer: socket.socket) -> None:
        peer.settimeout(_ROUND_SECONDS)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peers[rank] = peer

    def _send(self, rank: int, vector: Vector, weight: float) -> None:
        header = _FRAME.pack(self._round, len(vector), weight)
        try:
            self._peers[rank].sendall(header + vector.astype("<f8").tobytes())
        except OSError as error:
            self._lost(rank, f"left the training ({error})")

    def _receive(self, rank: int, length: int) -> tuple[Vector, float]:
        try:
            round_, size, weight = _FRAME.unpack(_read(self._peers[rank], _FRAME.size))
            if (round_, size) != (self._round, length):
                self._lost(rank, "trains something else: its round or model size differs")
            data = _read(self._peers[rank], 8 * length)
        except OSError as error:
            self._lost(rank, f"left the training ({error})")
        return np.frombuffer(data, dtype="<f8").astype(np.float64), weight

    def _lost(self, rank: int, what: str) -> NoReturn:
        raise DataError(
            f"training host {self.hosts[rank]!r} {what}. Its own log has the reason; "
            "the weights of all hosts are needed."
        )


def _read(peer: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = peer.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise ConnectionError("connection closed")
        parts += part
    return bytes(parts)
