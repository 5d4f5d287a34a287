# Without pathlib it starts in a fraction of the time.
# ruff: noqa: PTH102, PTH103, PTH112, PTH115, PTH118, PTH123, PTH208, PTH211
"""Runs the processes of one job or one serving replica and is sure of their end.

A stand-alone program, started as ``python -I -S launcher.py`` by :mod:`sandbox.processes`.
Its standard input is a pipe from the daemon: the first line is the specification as JSON, a later
line ``stop SECONDS`` asks for SIGTERM and, after that time, SIGKILL. The end of the pipe means the
daemon is gone, however it died, and counts as ``stop 2``.

Each process gets its own session and, where the kernel permits, a private ``/opt/ml``. This
program is the subreaper of whatever they start, so daemonised grandchildren end too. The exit
codes go to standard output as one JSON object.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import time

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MS_MOVE = 0x1000, 0x4000, 1 << 18, 0x2000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
ORPHANED_GRACE = 2.0

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raise OSError with errno when a C function failed."""
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    """Mount, or raise OSError with errno."""

    def encoded(value: str | None) -> bytes | None:
        return None if value is None else os.fsencode(value)

    check(libc.mount(encoded(source), encoded(target), encoded(kind), flags, None), target)


def unshare(flags: int) -> None:
    """Leave namespaces; as an ordinary user by way of a user namespace."""
    if libc.unshare(flags) == 0:
        return
    uid, gid = os.geteuid(), os.getegid()
    check(libc.unshare(flags | CLONE_NEWUSER), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def raise_loopback() -> None:
    """Bring up ``lo``, which a new network namespace has down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(sock, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))


def mount_opt_ml(directory: str, stage: str) -> None:
    """Show ``directory`` as ``/opt/ml``, in this process's mount namespace only.

    ``/opt/ml`` need not exist on the machine: ``/opt`` is then rebuilt on a tmpfs out of bind
    mounts of its own entries, plus ``ml``.
    """
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    if os.path.isdir("/opt/ml"):
        mount(directory, "/opt/ml", None, MS_BIND | MS_REC)
        return
    os.makedirs(stage, exist_ok=True)
    mount("tmpfs", stage, "tmpfs", 0)
    for entry in os.scandir("/opt"):
        copy = os.path.join(stage, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), copy)
            continue
        if entry.is_dir():
            os.mkdir(copy)
        else:
            os.close(os.open(copy, os.O_CREAT))
        mount(entry.path, copy, None, MS_BIND | MS_REC)
    os.mkdir(os.path.join(stage, "ml"))
    mount(directory, os.path.join(stage, "ml"), None, MS_BIND | MS_REC)
    mount(stage, "/opt", None, MS_MOVE)


def probe() -> dict[str, bool]:
    """Which isolation the kernel permits; tried in children so that nothing sticks."""

    def works(action) -> bool:  # type: ignore[no-untyped-def]
        pid = os.fork()
        if pid == 0:
            try:
                action()
                os._exit(0)
            except BaseException:  # noqa: BLE001 - a child must not return
                os._exit(1)
        return os.waitpid(pid, 0)[1] == 0

    stage = sys.argv[2]

    def mounts() -> None:
        unshare(CLONE_NEWNS)
        ml = os.path.join(stage, "ml")
        os.makedirs(ml, exist_ok=True)
        mount_opt_ml(ml, os.path.join(stage, "opt"))
        if not os.access("/opt/ml", os.W_OK):
            raise OSError("not writable")

    def network() -> None:
        unshare(CLONE_NEWNET)
        raise_loopback()

    return {"mounts": works(mounts), "network": works(network)}


def start(process: dict) -> int:  # type: ignore[type-arg]
    """Fork one process of the specification; its id, which leads a session of its own by then."""
    ready, leads = os.pipe()
    pid = os.fork()
    if pid:
        os.close(leads)
        # A stop that came before the session exists would find nobody to send it to. The pipe
        # ends with the child, too.
        os.read(ready, 1)
        os.close(ready)
        return pid
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.write(leads, b"1")
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if process.get("opt_ml"):
            unshare(CLONE_NEWNS)
            mount_opt_ml(process["opt_ml"], process["stage"])
        output = process["output"]
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, 1024)
        os.chdir(process["cwd"])
        os.execvpe(process["argv"][0], process["argv"], process["env"])
    except BaseException as error:  # noqa: BLE001 - a child must not return
        os.write(2, f"cannot start {process['argv'][0]}: {error}\n".encode())
    os._exit(127)


def signal_sessions(pids: list[int], number: int) -> None:
    """Send a signal to whole sessions; those that ended are passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)


def children() -> list[int]:
    """Ids of the direct children of this process."""
    found = []
    me = os.getpid()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == me:
                found.append(int(entry))
    return found


def end_descendants() -> None:
    """Kill whatever is left below this process; orphans come to it, so this ends."""
    while True:
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


class Supervisor:
    """The processes, their exit codes and the time they have left."""

    def __init__(self, processes: list[dict]) -> None:  # type: ignore[type-arg]
        self.codes: dict[str, int] = {}
        self.running = {start(process): process["name"] for process in processes}
        for process in processes:
            os.close(process["output"])
        self.deadline: float | None = None

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.running:
                code = os.waitstatus_to_exitcode(status)
                self.codes[self.running.pop(pid)] = code
                if code != 0:
                    # One failed host ends the job on the others too.
                    self.stop(5.0)

    def stop(self, grace: float) -> None:
        if self.deadline is None or time.monotonic() + grace < self.deadline:
            self.deadline = time.monotonic() + grace
        signal_sessions(list(self.running), signal.SIGTERM)

    def expire(self) -> None:
        if self.deadline is not None and time.monotonic() >= self.deadline:
            signal_sessions(list(self.running), signal.SIGKILL)

    def timeout(self) -> float | None:
        if self.deadline is None:
            return None
        return max(0.01, self.deadline - time.monotonic())


def main() -> None:
    """Read the specification, run it, report."""
    if sys.argv[1:2] == ["--probe"]:
        print(json.dumps(probe()))
        return
    specification = b""
    while not specification.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return
        specification += byte
    spec = json.loads(specification)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    terminated = []
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda number, _: terminated.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if spec["isolate_network"]:
        unshare(CLONE_NEWNET)
        raise_loopback()
    supervisor = Supervisor(spec["processes"])
    watched = [0, wake_read]
    while supervisor.running:
        readable = select.select(watched, [], [], supervisor.timeout())[0]
        if wake_read in readable:
            os.read(wake_read, 4096)
        if 0 in readable:
            line = os.read(0, 4096)
            if line:
                supervisor.stop(float(line.split()[-1]))
            else:
                watched.remove(0)
                supervisor.stop(ORPHANED_GRACE)
        if terminated:
            terminated.clear()
            supervisor.stop(ORPHANED_GRACE)
        supervisor.reap()
        supervisor.expire()
    end_descendants()
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(supervisor.codes).encode())


main()
