"""The project's own code as jobs: prepared, then trained by two processes together, and swept."""

import hashlib
import json

from model_artifact import load_model

from tests.sandbox.azure.cloud_world import ROOT, CloudWorld
from tests.sandbox.azure.ml.conftest import WORKSPACE, code
from tests.sandbox.azure.ml.test_jobs import ENVIRONMENT, _ended, _history, _run

FEATURES = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
SETS = ("train", "validation", "test", "statistics")


def test_the_table_becomes_a_model_with_its_evaluation(cloud: CloudWorld) -> None:
    folder = ROOT / "model_code"
    files = {
        file.relative_to(folder).with_suffix("").as_posix(): file.read_text()
        for file in folder.rglob("*.py")
    }
    program = code(cloud, "project", **files)
    table = cloud.upload("raw", "table/penguins.csv", (ROOT / "data/penguins.csv").read_bytes())
    base = {"jobType": "Command", "codeId": program, "environmentId": ENVIRONMENT}
    prepared = table.replace("/raw/table/penguins.csv", "/processed/penguins")
    output = {"jobOutputType": "uri_folder", "mode": "ReadWriteMount", "uri": prepared}
    prep = {
        **base,
        "command": "python prepare.py --input ${{inputs.table}}/penguins.csv "
        f"--output ${{{{outputs.prepared}}}} --features {FEATURES} --target species",
        "inputs": {"table": {"jobInputType": "uri_folder", "uri": table.rpartition("/")[0]}},
        "outputs": {"prepared": output},
    }
    cloud.put(f"{WORKSPACE}/jobs/prep", {"properties": prep})
    assert _ended(cloud, "prep")["status"] == "Completed", _history(cloud, "prep", "details")
    inputs = {name: {"jobInputType": "uri_folder", "uri": f"{prepared}/{name}"} for name in SETS}
    words = " ".join(f"--{name} ${{{{inputs.{name}}}}}" for name in SETS)
    command = (
        f"python train.py {words} --epochs 4 --model_dir ${{{{outputs.outputs}}}} "
        "--output_data_dir ${{outputs.outputs}}"
    )
    store = table.replace("/raw/table/penguins.csv", "/artefacts/training/${{name}}/outputs")
    outputs = {"outputs": {"jobOutputType": "uri_folder", "uri": store}}
    train = {
        **base,
        "command": command,
        "inputs": inputs,
        "outputs": outputs,
        "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 1},
        "resources": {"instanceCount": 2},
    }
    cloud.put(f"{WORKSPACE}/jobs/train", {"properties": train})
    assert _ended(cloud, "train")["status"] == "Completed", _history(cloud, "train", "details")
    evaluation = json.loads(cloud.blob("artefacts", "training/train/outputs/evaluation.json"))
    metrics = {item["key"]: item["value"] for item in _run(cloud, "train")["data"]["metrics"]}
    assert metrics["test_accuracy"] == evaluation["accuracy"] > 0.8
    model = cloud.blob("artefacts", "training/train/outputs/model.pkl")
    file = cloud.context.directory / "model.pkl"
    file.write_bytes(model)
    assert load_model(file, digest=hashlib.sha256(model).hexdigest()).target == "species"
    sweep = {
        "jobType": "Sweep",
        "trial": {
            **{key: value for key, value in base.items() if key != "jobType"},
            "command": f"{command} --learning_rate ${{{{search_space.learning_rate}}}}",
        },
        "inputs": inputs,
        "outputs": outputs,
        "searchSpace": {"learning_rate": ["loguniform", [-7, -2.3]]},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "seed": 1},
        "objective": {"goal": "Maximize", "primaryMetric": "accuracy"},
        "limits": {"jobLimitsType": "Sweep", "maxTotalTrials": 2, "maxConcurrentTrials": 2},
    }
    cloud.put(f"{WORKSPACE}/jobs/sweep", {"properties": sweep})
    properties = _ended(cloud, "sweep")
    assert properties["status"] == "Completed", _history(cloud, "sweep", "details")
    best = properties["properties"]["best_child_run_id"]
    chosen = cloud.get(f"{WORKSPACE}/jobs/{best}")["properties"]["parameters"]["learning_rate"]
    assert 0.0009 < chosen < 0.101
    assert cloud.blob("artefacts", f"training/{best}/outputs/model.pkl")
