"""Several hosts train one model."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import train
from column_statistics import read_statistics
from model_artifact import load_model
from training_data import LabelledRows, read_split, shard
from user_errors import DataError
from weight_averaging import HostGroup

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@pytest.fixture
def port() -> int:
    """A port that is free on every loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free: int = listener.getsockname()[1]
        return free


def _weights(model: Path) -> list[Any]:
    path = model / "model.joblib"
    loaded = load_model(path, digest=hashlib.sha256(path.read_bytes()).hexdigest())
    return [*loaded.estimator.coefs_, *loaded.estimator.intercepts_]


def test_every_host_gets_the_weighted_mean(port: int) -> None:
    def host(rank: int) -> Any:
        with HostGroup(HOSTS, HOSTS[rank], port, run="job") as group:
            mean = group.mean(np.array([float(rank), 6.0]), weight=rank + 1.0)
            leader = group.from_leader(np.array([10.0 + rank]))
            return [*mean, *leader]

    with ThreadPoolExecutor(len(HOSTS)) as threads:
        results = list(threads.map(host, range(len(HOSTS))))
    assert results == [pytest.approx([(0 * 1 + 1 * 2 + 2 * 3) / 6, 6.0, 10.0])] * 3


def test_strangers_and_other_trainings_are_not_let_in(port: int) -> None:
    means = []

    def leader() -> None:
        with HostGroup(HOSTS[:2], HOSTS[0], port, run="mine") as group:
            means.append(float(group.mean(np.array([1.0]), weight=1.0)[0]))

    thread = threading.Thread(target=leader)
    thread.start()
    with (
        HostGroup(HOSTS[:2], HOSTS[1], port, run="other") as stranger,
        pytest.raises(DataError, match=r"127.0.0.1' left the training"),
    ):
        stranger.mean(np.array([100.0]), weight=1.0)
    with HostGroup(HOSTS[:2], HOSTS[1], port, run="mine") as member:
        means.append(float(member.mean(np.array([3.0]), weight=1.0)[0]))
    thread.join(30)
    assert means == [2.0, 2.0]


def test_missing_host_is_named(port: int) -> None:
    with pytest.raises(DataError, match=r"'127.0.0.2' did not join within 0.2 s"):
        HostGroup(HOSTS[:2], HOSTS[0], port, join_seconds=0.2).__enter__()
    with pytest.raises(DataError, match=r"'127.0.0.1' could not be reached within 0.2 s"):
        HostGroup(HOSTS[:2], HOSTS[1], port, join_seconds=0.2).__enter__()


def test_unknown_current_host_is_refused() -> None:
    with pytest.raises(DataError, match="'algo-9' must be one of the training hosts"):
        HostGroup(("algo-1", "algo-2"), "algo-9", 1)


def test_shards_cover_all_rows_once_with_every_class_in_each() -> None:
    labels = np.array(["a"] * 10 + ["b"] * 5 + ["c"] * 3)
    rows = LabelledRows(np.arange(18.0).reshape(-1, 1), labels)
    shards = [shard(rows, rank=rank, hosts=3) for rank in range(3)]
    assert sorted(np.concatenate([part.features for part in shards]).ravel()) == list(range(18))
    assert all(set(part.labels) == {"a", "b", "c"} for part in shards)
    with pytest.raises(DataError, match="18 training rows cannot be shared by 19 hosts"):
        shard(rows, rank=0, hosts=19)


def test_two_hosts_train_another_model_than_one_host_on_half_or_all_of_the_data(
    prepared: Path, trained: Path, train_arguments: list[str], tmp_path: Path, port: int
) -> None:
    hosts = list(HOSTS[:2])
    processes = [
        subprocess.Popen(
            [sys.executable, str(Path(train.__file__)), *train_arguments,
             "--model_dir", str(tmp_path / host), "--averaging_port", str(port)],
            env={**os.environ, "SM_HOSTS": json.dumps(hosts), "SM_CURRENT_HOST": host},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for host in hosts
    ]  # fmt: skip
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    # The first host alone reports and writes: a metric is not seen twice.
    assert "test_accuracy=" in outputs[0]
    assert "accuracy=" not in outputs[1]
    assert not (tmp_path / hosts[1]).exists()

    # The very rows the first host had: without averaging it would have trained this model.
    statistics = read_statistics(prepared / "statistics" / "statistics.json")
    half = shard(read_split(prepared / "train", statistics=statistics), rank=0, hosts=2)
    table = pd.DataFrame(half.features, columns=statistics.features)
    (tmp_path / "half").mkdir()
    table.assign(species=half.labels).to_parquet(tmp_path / "half" / "part.parquet")
    channels = [*train_arguments, "--train", str(tmp_path / "half")]
    train.main([*channels, "--model_dir", str(tmp_path / "alone")])
    together = _weights(tmp_path / hosts[0])
    for other in (_weights(tmp_path / "alone"), _weights(trained)):
        assert not any(np.allclose(a, b) for a, b in zip(together, other, strict=True))
    accuracy = float(outputs[0].partition("test_accuracy=")[2].split()[0])
    assert accuracy > 0.9
