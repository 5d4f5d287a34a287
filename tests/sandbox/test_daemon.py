"""Starting, stopping and surviving: the daemon as a person or a script handles it."""

import concurrent.futures
import http.client
import os
import signal
import socket
from pathlib import Path

import pytest

from sandbox import control
from sandbox.errors import PortError, SandboxError
from sandbox.state import StateDirectory
from tests.sandbox.running import RunningSandbox, eventually


def test_starting_twice_at_once_gives_one_daemon(own_sandbox: RunningSandbox) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda _: own_sandbox.command("start"), range(2)))
    assert [result.returncode for result in results] == [0, 0], results
    assert sum("started" in result.stdout for result in results) == 1
    assert len([line for line in own_sandbox.processes() if "sandbox.daemon" in line]) == 1


def test_env_points_an_sdk_at_the_sandbox(sandbox: RunningSandbox) -> None:
    printed = sandbox.command("env").stdout.splitlines()
    variables = dict(line.removeprefix("export ").split("=", 1) for line in printed)
    assert variables["AWS_ENDPOINT_URL"] == sandbox.ready.endpoint_url
    assert variables["AWS_EC2_METADATA_DISABLED"] == "true"
    port = sandbox.ready.ports["plugin.aws"]
    assert f"aws:{port}" in variables["PULUMI_DEBUG_PROVIDERS"].split(",")


def test_env_of_a_stopped_sandbox_names_the_remedy(own_sandbox: RunningSandbox) -> None:
    result = own_sandbox.command("env")
    assert result.returncode == 1
    assert "python -m sandbox start" in result.stderr


def test_a_taken_port_is_named_with_a_remedy(own_sandbox: RunningSandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortError, match=rf"port {port} .* --port"):
            control.start(own_sandbox.state, port)
    assert own_sandbox.processes() == []


def test_ports_stay_the_same_across_restarts(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    before = own_sandbox.ready
    own_sandbox.stop()
    own_sandbox.start()
    assert own_sandbox.ready.ports == before.ports
    assert own_sandbox.ready.pid != before.pid


def test_everything_listens_on_loopback_only(sandbox: RunningSandbox) -> None:
    pid = sandbox.ready.pid
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.add(fields[1].split(":")[0])
    # The provider plugin's socket is IPv6 and bound to the mapped address of 127.0.0.1.
    assert listening <= {"0100007F", "0000000000000000FFFF00000100007F"}


@pytest.mark.parametrize(
    ("header", "value"), [("Host", "evil.example"), ("Origin", "https://evil.example")]
)
def test_a_web_page_cannot_reach_the_sandbox(
    sandbox: RunningSandbox, header: str, value: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ready.ports["aws"], timeout=10)
    connection.putrequest("GET", "/", skip_host=header == "Host")
    connection.putheader(header, value)
    connection.endheaders()
    assert connection.getresponse().status == 403
    connection.close()


def test_what_was_stored_survives_a_stop(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    s3 = own_sandbox.client("s3")
    s3.create_bucket(Bucket="kept-bucket")
    bodies = {"small": b"s", "large": os.urandom(300_000)}
    for key, body in bodies.items():
        s3.put_object(Bucket="kept-bucket", Key=key, Body=body)
    own_sandbox.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument="{}")
    own_sandbox.stop()
    own_sandbox.start()
    s3 = own_sandbox.client("s3")
    for key, body in bodies.items():
        assert s3.get_object(Bucket="kept-bucket", Key=key)["Body"].read() == body
    assert own_sandbox.client("iam").get_role(RoleName="kept")["Role"]["RoleName"] == "kept"


def test_what_was_stored_survives_a_kill(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    s3 = own_sandbox.client("s3")
    s3.create_bucket(Bucket="kept-bucket")
    s3.put_object(Bucket="kept-bucket", Key="k", Body=b"x" * 10_000)
    snapshot = own_sandbox.state.snapshot / "s3.pickle"
    [body_file] = own_sandbox.state.objects.glob("*/*")
    eventually(lambda: snapshot.exists() and body_file.name.encode() in snapshot.read_bytes())
    os.kill(own_sandbox.ready.pid, signal.SIGKILL)
    eventually(lambda: control.running(own_sandbox.state) is None)
    own_sandbox.close_clients()
    own_sandbox.start()
    body = own_sandbox.client("s3").get_object(Bucket="kept-bucket", Key="k")["Body"].read()
    assert body == b"x" * 10_000


def test_bodies_are_files_that_are_written_once_and_cleared_away(
    own_sandbox: RunningSandbox,
) -> None:
    own_sandbox.start()
    s3 = own_sandbox.client("s3")
    s3.create_bucket(Bucket="files-bucket")
    s3.put_object(Bucket="files-bucket", Key="a", Body=os.urandom(200_000))
    [first] = own_sandbox.state.objects.glob("*/*")
    stamp = first.stat().st_mtime_ns
    s3.put_object(Bucket="files-bucket", Key="b", Body=os.urandom(200_000))
    snapshot = own_sandbox.state.snapshot / "s3.pickle"
    eventually(snapshot.exists)
    assert first.stat().st_mtime_ns == stamp
    assert snapshot.stat().st_size < 50_000
    s3.delete_object(Bucket="files-bucket", Key="a")
    s3.put_object(Bucket="files-bucket", Key="b", Body=b"now small")
    eventually(lambda: not list(own_sandbox.state.objects.glob("*/*")))


def test_a_damaged_snapshot_is_named_and_left_alone(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    own_sandbox.client("s3").create_bucket(Bucket="damaged-bucket")
    own_sandbox.stop()
    path = own_sandbox.state.snapshot / "s3.pickle"
    damaged = path.read_bytes()[:-10]
    path.write_bytes(damaged)
    with pytest.raises(SandboxError, match=r"s3\.pickle is damaged.*sandbox reset"):
        own_sandbox.start()
    assert path.read_bytes() == damaged


def test_reset_removes_everything(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    assert own_sandbox.command("reset").returncode == 0
    assert not own_sandbox.state.root.exists()
    assert own_sandbox.command("status").returncode == 1


def test_sandboxes_run_side_by_side(own_sandbox: RunningSandbox, sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    own_sandbox.client("s3").create_bucket(Bucket="only-here")
    names = [b["Name"] for b in sandbox.client("s3").list_buckets()["Buckets"]]
    assert "only-here" not in names


def test_an_unsupported_operation_is_refused_by_name(sandbox: RunningSandbox) -> None:
    client = sandbox.client("sagemaker")
    with pytest.raises(client.exceptions.ClientError, match="sagemaker:ListLabelingJobs"):
        client.list_labeling_jobs()
    with pytest.raises(sandbox.client("braket").exceptions.ClientError, match="braket:"):
        sandbox.client("braket").search_devices(filters=[])


def test_stop_without_a_state_directory_makes_none(tmp_path: Path) -> None:
    assert control.stop(StateDirectory(tmp_path / "none")) is False
    assert not (tmp_path / "none").exists()
