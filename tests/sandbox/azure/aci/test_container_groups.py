"""Container groups over plain REST: init containers, server with key and TLS, its whole life."""

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.model_code.https_process import write_pair
from tests.sandbox.azure.cloud_world import GROUP, ROOT, CloudWorld, cloud_world, eventually

VERSION = "2024-05-01-preview"
IMAGE = "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:1"
GROUPS = f"{GROUP}/providers/Microsoft.ContainerInstance/containerGroups"
KEYS = ("first-key-" * 4, "second-key-" * 4)
ROW = [[39.1, 18.7, 181, 3750]]
START = "python3 /mnt/entry/fetch.py && exec python3 /mnt/app/code/serve.py"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudWorld]:
    with cloud_world(tmp_path_factory.mktemp("aci") / "state") as world:
        world.storage()
        yield world


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model file."""
    import prepare
    import train

    place = tmp_path_factory.mktemp("model")
    features = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
    table = ["--input", str(ROOT / "data" / "penguins.csv"), "--output", str(place)]
    prepare.main([*table, "--features", features, "--target", "species"])
    names = ("train", "validation", "test", "statistics")
    channels = [word for name in names for word in (f"--{name}", str(place / name))]
    train.main([*channels, "--model_dir", str(place / "model")])
    return place / "model" / "model.joblib"


def _secret(data: bytes | str) -> str:
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def _server(cloud: CloudWorld, model: Path, scratch: Path) -> dict[str, Any]:
    """The group that serves the model, as the program declares it."""
    code = scratch / "code.tar.gz"
    with tarfile.open(code, "w:gz") as tar:
        for file in (ROOT / "model_code").glob("*.py"):
            tar.add(file, file.name)
    files = []
    for name, path, to in (("code.tar.gz", code, "code"), ("model.pkl", model, "model/model.pkl")):
        url = cloud.upload("artefacts", name, path.read_bytes())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append({"url": url, "sha256": digest, "to": to, "unpack": to == "code"})
    certificate, key = write_pair(scratch)
    fetch = (ROOT / "model_code" / "aci_fetch.py").read_bytes()
    keys = {
        "primary": _secret(KEYS[0]),
        "secondary": _secret(KEYS[1]),
        "tls.crt": _secret(certificate.read_bytes()),
        "tls.key": _secret(key.read_bytes()),
    }
    environ = {
        "FETCH_INTO": "/mnt/app",
        "FETCH_FILES": json.dumps(files),
        "SERVE_HOST": "0.0.0.0",
        "SERVE_PORT": "8443",
        "AZUREML_MODEL_DIR": "/mnt/app/model",
        "MODEL_SHA256": files[1]["sha256"],
        "SERVE_KEY_FILES": "/mnt/keys/primary,/mnt/keys/secondary",
        "SERVE_TLS_CERTIFICATE": "/mnt/keys/tls.crt",
        "SERVE_TLS_KEY": "/mnt/keys/tls.key",
    }
    probe = {"port": 8443, "scheme": "https"}
    return {
        "location": "westeurope",
        "properties": {
            "osType": "Linux",
            "restartPolicy": "Always",
            "volumes": [
                {"name": "entry", "secret": {"fetch.py": _secret(fetch)}},
                {"name": "app", "emptyDir": {}},
                {"name": "keys", "secret": keys},
            ],
            "containers": [
                {
                    "name": "serve",
                    "properties": {
                        "image": IMAGE,
                        "command": ["/bin/sh", "-c", START],
                        "environmentVariables": [
                            {"name": name, "value": value} for name, value in environ.items()
                        ],
                        "ports": [{"port": 8443, "protocol": "TCP"}],
                        "resources": {"requests": {"cpu": 1, "memoryInGB": 1}},
                        "volumeMounts": [
                            {"name": "entry", "mountPath": "/mnt/entry", "readOnly": True},
                            {"name": "app", "mountPath": "/mnt/app"},
                            {"name": "keys", "mountPath": "/mnt/keys", "readOnly": True},
                        ],
                        "livenessProbe": {"httpGet": {**probe, "path": "/"}},
                        "readinessProbe": {"httpGet": {**probe, "path": "/ping"}},
                    },
                }
            ],
            "ipAddress": {
                "type": "Public",
                "dnsNameLabel": "scoring",
                "ports": [{"port": 8443, "protocol": "TCP"}],
            },
        },
    }


def _small(command: list[str], **properties: Any) -> dict[str, Any]:
    """A group of one container."""
    container = {
        "name": "main",
        "properties": {
            "image": IMAGE,
            "command": command,
            "resources": {"requests": {"cpu": 1, "memoryInGB": 1}},
        },
    }
    given = {"osType": "Linux", "containers": [container], **properties}
    return {"location": "westeurope", "properties": given}


def _state(group: dict[str, Any]) -> str:
    return str(group["properties"]["instanceView"]["state"])


def test_a_model_is_served_with_key_and_tls_through_the_whole_life_of_a_group(
    cloud: CloudWorld, model: Path, tmp_path: Path
) -> None:
    path = f"{GROUPS}/scoring"
    group = cloud.put(path, _server(cloud, model, tmp_path), version=VERSION)
    properties = group["properties"]
    assert (properties["provisioningState"], _state(group)) == ("Succeeded", "Running")
    address = properties["ipAddress"]
    assert address["ip"].startswith("127.")
    url = f"https://{address['fqdn']}:8443/score"
    trusted = str(tmp_path / "tls.crt")
    for key in KEYS:
        headers = {"Authorization": f"Bearer {key}"}
        reply = cloud.ask("POST", url, ROW, headers=headers, trusted=trusted)
        assert reply.json["predictions"][0]["label"] == "Adelie"
    assert cloud.ask("POST", url, ROW, trusted=trusted).status == 401
    # No secret is told again.
    assert KEYS[0] not in json.dumps(group)
    assert _secret(KEYS[0]) not in json.dumps(group)
    view = properties["containers"][0]["properties"]["instanceView"]
    assert (view["restartCount"], view["currentState"]["state"]) == (0, "Running")
    logs = cloud.get(f"{path}/containers/serve/logs", version=VERSION)["content"]
    assert "serving on https://" in logs
    assert "fetched code" in logs

    def score() -> int:
        headers = {"Authorization": f"Bearer {KEYS[0]}"}
        try:
            return cloud.ask("POST", url, ROW, headers=headers, trusted=trusted).status
        except OSError:
            return 0

    assert cloud.arm("POST", f"{path}/stop", version=VERSION).status == 204
    assert _state(cloud.get(path, version=VERSION)) == "Stopped"
    assert score() == 0
    assert cloud.arm("POST", f"{path}/start", version=VERSION).status == 202
    eventually(lambda: score() == 200)
    assert cloud.arm("POST", f"{path}/restart", version=VERSION).status == 204
    eventually(lambda: score() == 200)
    cloud.stop()
    cloud.start()
    eventually(lambda: score() == 200)
    cloud.delete(path, version=VERSION)
    assert score() == 0


def test_a_file_with_another_digest_is_not_served(
    cloud: CloudWorld, model: Path, tmp_path: Path
) -> None:
    body = _server(cloud, model, tmp_path)
    cloud.upload("artefacts", "model.pkl", b"evil")
    body["properties"]["restartPolicy"] = "Never"
    cloud.finish(cloud.arm("PUT", f"{GROUPS}/changed", body, version=VERSION))
    group = cloud.get(f"{GROUPS}/changed", version=VERSION)
    assert _state(group) == "Failed"
    logs = cloud.get(f"{GROUPS}/changed/containers/serve/logs", version=VERSION)["content"]
    assert "changed or replaced" in logs
    assert "serving on" not in logs
    cloud.delete(f"{GROUPS}/changed", version=VERSION)


@pytest.mark.parametrize(
    ("policy", "code", "restarts"),
    [("Always", 0, True), ("OnFailure", 3, True), ("OnFailure", 0, False), ("Never", 3, False)],
)
def test_a_container_that_ends_is_started_again_as_the_policy_says(
    policy: str, code: int, restarts: bool, cloud: CloudWorld
) -> None:
    path = f"{GROUPS}/ends-{policy.lower()}-{code}"
    command = ["python3", "-c", f"print('ran', flush=True); raise SystemExit({code})"]
    cloud.put(path, _small(command, restartPolicy=policy), version=VERSION)

    def ended() -> bool:
        found = cloud.get(path, version=VERSION)["properties"]["containers"][0]
        view = found["properties"]["instanceView"]
        if restarts:
            return bool(view["restartCount"] >= 2 and view["previousState"]["exitCode"] == code)
        return bool(view["currentState"].get("exitCode") == code)

    eventually(ended)
    group = cloud.get(path, version=VERSION)
    logs = cloud.get(f"{path}/containers/main/logs", version=VERSION)["content"]
    if restarts:
        assert logs.count("ran") >= 2
    else:
        assert logs == "ran\n"
        assert _state(group) == ("Failed" if code else "Succeeded")
    cloud.delete(path, version=VERSION)


def test_init_containers_run_first_without_the_identity_and_their_failure_is_the_group_s(
    cloud: CloudWorld,
) -> None:
    program = "import os; print('IDENTITY_ENDPOINT' in os.environ); raise SystemExit({code})"
    path = f"{GROUPS}/first"
    told = "import os, time; print('IDENTITY_ENDPOINT' in os.environ, flush=True)"
    run = ["python3", "-c", f"{told}; time.sleep(600)"]
    main = f"{path}/containers/main/logs"
    for code in (0, 1):
        command = ["python3", "-c", program.format(code=code)]
        first = {"name": "before", "properties": {"image": IMAGE, "command": command}}
        body = _small(run, initContainers=[first], restartPolicy="Never")
        reply = cloud.arm("PUT", path, body, version=VERSION)
        ended = cloud.finish(reply)
        group = cloud.get(path, version=VERSION)
        logs = cloud.get(f"{path}/containers/before/logs", version=VERSION)["content"]
        assert logs == "False\n"
        if code:
            assert "init container before ended with exit code 1" in ended["message"]
            assert _state(group) == "Failed"
        else:
            (before,) = group["properties"]["initContainers"]
            assert before["properties"]["instanceView"]["currentState"]["exitCode"] == 0
            eventually(lambda: cloud.get(main, version=VERSION)["content"] == "True\n")
        cloud.delete(path, version=VERSION)


def test_a_container_that_is_not_alive_is_killed_and_started_again(cloud: CloudWorld) -> None:
    body = _small(["python3", "-c", "import time; time.sleep(600)"])
    probe = {"exec": {"command": ["python3", "-c", "raise SystemExit(1)"]},
             "periodSeconds": 1, "failureThreshold": 2, "timeoutSeconds": 20}  # fmt: skip
    body["properties"]["containers"][0]["properties"]["livenessProbe"] = probe
    cloud.put(f"{GROUPS}/stuck", body, version=VERSION)

    def killed() -> Any:
        found = cloud.get(f"{GROUPS}/stuck", version=VERSION)["properties"]["containers"][0]
        view = found["properties"]["instanceView"]
        return view if view["restartCount"] else None

    names = {event["name"] for event in eventually(killed)["events"]}
    assert {"Started", "Unhealthy", "Killing"} <= names
    cloud.delete(f"{GROUPS}/stuck", version=VERSION)


def test_an_update_starts_containers_anew_and_a_change_of_tags_does_not(
    cloud: CloudWorld,
) -> None:
    path = f"{GROUPS}/updated"
    program = "import os, time; print(os.environ['GREETING'], flush=True); time.sleep(600)"
    body = _small(["python3", "-c", program])
    variable = {"name": "GREETING", "secureValue": "one"}
    body["properties"]["containers"][0]["properties"]["environmentVariables"] = [variable]

    def logs() -> str:
        return str(cloud.get(f"{path}/containers/main/logs", version=VERSION)["content"])

    group = cloud.put(path, body, version=VERSION)
    eventually(lambda: logs() == "one\n")
    shown = group["properties"]["containers"][0]["properties"]["environmentVariables"]
    assert shown == [{"name": "GREETING"}]
    tagged = cloud.put(path, {**body, "tags": {"a": "b"}}, version=VERSION)
    assert tagged["tags"] == {"a": "b"}
    assert logs() == "one\n"
    variable["secureValue"] = "two"
    cloud.put(path, body, version=VERSION)
    eventually(lambda: logs() == "two\n")
    cloud.delete(path, version=VERSION)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"osType": "Windows"}, "InvalidRequestContent"),
        ({"containers": []}, "InvalidRequestContent"),
        ({"volumes": [{"name": "a", "azureFile": {}}]}, "InvalidVolume"),
        ({"volumes": [{"name": "a", "secret": {"b": "no base64!"}}]}, "InvalidSecretVolume"),
        ({"volumes": [{"name": "a", "secret": {"../b": "YQ=="}}]}, "InvalidSecretVolume"),
        ({"ipAddress": {"type": "Public", "ports": []}}, "MissingIpAddressPorts"),
        ({"containers": [{"name": "a", "properties": {"image": "nginx"}}]}, "InaccessibleImage"),
        (
            {"containers": [{"name": "a", "properties": {"image": IMAGE}}]},
            "ResourceRequestsNotSpecified",
        ),
    ],
)
def test_what_the_service_refuses(change: dict[str, Any], code: str, cloud: CloudWorld) -> None:
    body = _small(["true"], **change)
    reply = cloud.arm("PUT", f"{GROUPS}/refused", body, version=VERSION)
    assert (reply.status, reply.json["error"]["code"]) == (400, code)


def test_logs_are_told_to_those_with_a_token_only(cloud: CloudWorld) -> None:
    url = f"{cloud.context.url}{GROUPS}/x/containers/y/logs?api-version={VERSION}"
    assert cloud.ask("GET", url).status == 401
