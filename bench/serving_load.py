"""A load generator in a process of its own.

python serving_load.py PORT PATH CLIENTS SECONDS BODY

prints JSON: requests per second, and the p50 and p99 of latencies in milliseconds. Each client
sends its next request when it has the answer to the last; a connection the server closes is opened
anew, within the measured time, as a caller would have to.
"""

import asyncio
import json
import sys
import time


class Client:
    """One caller of a server that speaks HTTP/1.1 with Content-Length."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self) -> None:
        """One request; raises unless it is answered with 200."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode())
        start = head.index(b"content-length:") + len(b"content-length:")
        await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
        if b"connection: close" in head:
            writer.close()
            self._streams = None


async def measure(port: int, request: bytes, *, clients: int, seconds: float) -> dict[str, float]:
    """Closed-loop load for `seconds` after a tenth of that as warm-up."""
    latencies: list[float] = []
    begin = time.perf_counter() + seconds / 10
    end = begin + seconds

    async def caller() -> None:
        client = Client(port, request)
        while (started := time.perf_counter()) < end:
            await client.call()
            if started >= begin:
                latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(caller() for _ in range(clients)))
    latencies.sort()
    return {
        "rps": len(latencies) / seconds,
        "p50": latencies[len(latencies) // 2] * 1e3,
        "p99": latencies[int(len(latencies) * 0.99)] * 1e3,
    }


def main() -> None:
    """The command line described at the top."""
    port, path, clients, seconds, body = sys.argv[1:]
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    figures = measure(int(port), request, clients=int(clients), seconds=float(seconds))
    print(json.dumps(asyncio.run(figures)))


if __name__ == "__main__":
    main()
