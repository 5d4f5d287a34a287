"""What a stack declares that seals its raw table, cloud by cloud, and what it then refuses."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from components.gcp.code import pipeline_package
from components.packaging import ROOT, file_sha256
from tests.unit.declared import (
    Declaration,
    declare_aws,
    declare_azure,
    declare_both,
    declare_gcp,
    settings_of,
)

SEALED = {"data": {"encryption": {"mode": "envelope", "purpose": "training"}}}
CONTEXT = {"dataset": "penguins", "purpose": "training"}
TOKEN = "trimaran:index:SealedObject"
NAME = "trimaran-local"
CLOUDS: Mapping[str, Callable[..., Declaration]] = {
    "aws": declare_aws,
    "gcp": declare_gcp,
    "azure": declare_azure,
}
KEY = {
    "aws": "aws:kms/key:Key",
    "gcp": "gcp:kms/cryptoKey:CryptoKey",
    "azure": "azure-native:keyvault:Key",
}
UPLOADS = (
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "gcp:storage/bucketObject:BucketObject",
    "trimaran:azure:BlobUpload",
)
ROLE = "azure-native:authorization:RoleAssignment"


def merged(**more: Any) -> dict[str, Any]:
    return {**SEALED, **more}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_table_leaves_this_machine_under_a_key_of_its_own(cloud: str) -> None:
    declaration = CLOUDS[cloud]("local", SEALED)
    inputs = declaration.one(TOKEN, f"{NAME}-penguins").inputs
    assert inputs["sha256"] == file_sha256(ROOT / "data" / "penguins.csv")
    assert inputs["source"] == "data/penguins.csv"
    assert inputs["context"] == CONTEXT
    assert inputs["uri"].endswith("/penguins.csv.sealed")
    own = declaration.one(KEY[cloud], f"{NAME}-sealed")
    assert own.name in inputs["keyId"] or inputs["keyId"].endswith("/keys/sealed")
    # Nothing else brings it there.
    for token in UPLOADS:
        for upload in declaration.of(token):
            assert "penguins" not in upload.name, upload
    content = (ROOT / "data" / "penguins.csv").read_text().splitlines()[1]
    assert content not in str([item.inputs for item in declaration.resources])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_the_setting_there_is_no_such_key_and_no_such_object(cloud: str) -> None:
    declaration = CLOUDS[cloud]("local")
    assert declaration.of(TOKEN) == []
    assert [key.name for key in declaration.of(KEY[cloud]) if "sealed" in key.name] == []
    assert "--seal_" not in str([item.inputs for item in declaration.resources])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_preview_is_possible_before_the_key_is_there(cloud: str) -> None:
    assert CLOUDS[cloud]("dev", SEALED, preview=True).of(TOKEN)


def test_in_aws_only_the_preparation_opens_and_kms_refuses_other_contexts() -> None:
    declaration = declare_aws("local", SEALED)
    key = declaration.one(KEY["aws"], f"{NAME}-sealed")
    allowed = {
        policy.name: [
            statement
            for statement in json.loads(policy.inputs["policy"])["Statement"]
            if any(str(each).endswith(key.name) for each in statement["Resource"])
        ]
        for policy in declaration.of("aws:iam/rolePolicy:RolePolicy")
    }
    (statement,) = allowed.pop(f"{NAME}-prep")
    assert not any(allowed.values())
    assert statement["Action"] == ["kms:Decrypt"]
    assert statement["Condition"]["StringEquals"] == {
        "kms:EncryptionContext:dataset": "penguins",
        "kms:EncryptionContext:purpose": "training",
    }


def test_in_aws_the_job_fetches_and_no_catalogue_names_the_ciphertext() -> None:
    declaration = declare_aws("local", SEALED)
    assert declaration.of("aws:glue/catalogTable:CatalogTable") == []
    assert declaration.of("aws:glue/crawler:Crawler") == []
    arguments = declaration.one("trimaran:aws:GlueJobRun").inputs["arguments"]
    sealed = declaration.one(TOKEN).inputs
    assert arguments["--sealed_uri"] == sealed["uri"]
    assert arguments["--seal_key"] == sealed["keyId"]
    assert (arguments["--seal_dataset"], arguments["--seal_purpose"]) == ("penguins", "training")
    defaults = declaration.one("aws:glue/job:Job").inputs["defaultArguments"]
    assert defaults["--additional-python-modules"].startswith("cryptography==")
    bucket_key = declaration.one(KEY["aws"], f"{NAME}-data").name
    assert sealed["storageKeyId"].endswith(bucket_key)


def test_in_a_private_network_glue_gets_wheels_from_the_bucket(tmp_path: Any) -> None:
    wheel = tmp_path / "cryptography-1-cp311-abi3-manylinux.whl"
    wheel.write_bytes(b"wheel")
    private = {"network": {"enabled": True}, "prep": {"wheels": [str(wheel)]}}
    declaration = declare_aws("local", merged(aws=private))
    defaults = declaration.one("aws:glue/job:Job").inputs["defaultArguments"]
    assert defaults["--additional-python-modules"].startswith("s3://")
    assert defaults["--additional-python-modules"].endswith(wheel.name)


def test_in_gcp_the_preparation_decrypts_ci_encrypts_and_no_agent_does_either() -> None:
    ci = {"gcp": {"ci": {"repository": "acme/ml"}}}
    declaration = declare_gcp("local", merged(**ci))
    grants = {
        grant.name: grant.inputs["role"]
        for grant in declaration.of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
        if str(grant.inputs["cryptoKeyId"]).startswith(f"{NAME}-sealed")
    }
    assert grants == {
        f"{NAME}-prep-sealed": "roles/cloudkms.cryptoKeyDecrypter",
        f"{NAME}-ci-sealed": "roles/cloudkms.cryptoKeyEncrypter",
    }
    run = declaration.one("trimaran:gcp:DataflowRun")
    assert run.inputs["arguments"]["--input"] == declaration.one(TOKEN).inputs["uri"]
    assert run.inputs["arguments"]["--seal_key"] == declaration.one(TOKEN).inputs["keyId"]


def test_beside_aws_nothing_is_transferred_each_cloud_seals_for_itself() -> None:
    both = declare_both("local", SEALED)
    sealed = {item.inputs["uri"].split(":")[0]: item.inputs["keyId"] for item in both.of(TOKEN)}
    assert set(sealed) == {"s3", "gs"}
    assert len(set(sealed.values())) == 2
    assert both.of("gcp:storage/transferJob:TransferJob") == []
    assert both.of("trimaran:gcp:TransferRun") == []


def test_in_azure_the_preparation_unwraps_and_brings_its_key_client() -> None:
    who = "99999999-8888-4777-8666-555555555555"
    declaration = declare_azure("local", merged(azure={"uploader_object_id": who}))
    key = declaration.one(KEY["azure"], f"{NAME}-sealed")
    roles = {
        role.name: role
        for role in declaration.of(ROLE)
        if str(role.inputs["scope"]).startswith(key.name)
    }
    assert set(roles) == {f"{NAME}-prep-sealed", f"{NAME}-sealed-uploader"}
    for role in roles.values():
        assert role.inputs["roleDefinitionId"].endswith("e147488a-f6f5-4113-8e2d-b22465e65bf6")
    assert roles[f"{NAME}-sealed-uploader"].inputs["principalId"] == who
    upload = declaration.one(TOKEN)
    assert any(urn.endswith(f"::{NAME}-sealed-uploader") for urn in upload.depends_on)

    job = declaration.one("azure-native:machinelearningservices:Job", f"{NAME}-prep").inputs
    properties = job.get("jobBaseProperties") or job["properties"]
    assert "/penguins.csv.sealed " in properties["command"]
    assert properties["command"].endswith(f"--seal_key {upload.inputs['keyId']}")
    variables = properties["environmentVariables"]
    assert variables["AZURE_CLIENT_ID"] == properties["identity"]["clientId"]
    code = declaration.one("trimaran:azure:BlobUpload", f"{NAME}-prep").inputs["source"]
    with zipfile.ZipFile(ROOT / code) as archive:
        assert {"prepare.py", "sealed_table.py", "encryption/sealed.py"} <= set(archive.namelist())
        libraries = archive.read(variables["PYTHONPATH"])
    with zipfile.ZipFile(io.BytesIO(libraries)) as archive:
        assert "azure/keyvault/keys/crypto/_client.py" in archive.namelist()


def test_dataflows_workers_get_what_opens_a_table() -> None:
    archive = pipeline_package(ROOT / "model_code", build=ROOT / ".build").path
    with tarfile.open(archive) as stored:
        names = {name.partition("/")[2] for name in stored.getnames()}
        setup = stored.extractfile(next(n for n in stored.getnames() if n.endswith("/setup.py")))
        assert setup is not None
        text = setup.read().decode()
    assert {"sealed_table.py", "encryption/__init__.py", "encryption/gcp_key.py"} <= names
    assert 'packages=["encryption"]' in text


def test_another_context_prepares_again() -> None:
    triggers = {
        declare_aws("local", {"data": {"encryption": encryption}})
        .one("trimaran:aws:GlueJobRun")
        .inputs["trigger"]
        for encryption in (
            {},
            {"mode": "envelope"},
            {"mode": "envelope", "dataset": "birds"},
            {"mode": "envelope", "purpose": "birds"},
        )
    }
    assert len(triggers) == 4


def test_the_context_is_the_tables_and_the_stacks_where_none_is_given() -> None:
    settings = settings_of("local", {"data": {"encryption": {"mode": "envelope"}}})
    assert settings.seal is not None
    assert settings.seal.context == {"dataset": "penguins", "purpose": "machine-learning"}
    # What an older reader of YAML makes of a bare `off`.
    assert settings_of("local", {"data": {"encryption": {"mode": False}}}).seal is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gcp": {"automl": {"budget_node_hours": 1}}}, "gcp.automl reads the raw table"),
        ({"gcp": {"monitoring": {"interval_hours": 1}}}, "gcp.monitoring reads the raw table"),
        ({"gcp": {"transfer": {"repeat": "daily"}}}, "gcp.transfer.repeat must be once"),
        ({"aws": {"network": {"enabled": True}}}, "aws.prep.wheels must name the wheels"),
        ({"aws": {"prep": {"wheels": ["no.whl"]}}}, "no.whl does not exist"),
        ({"data": {"encryption": {"mode": "tls"}}}, "'off' or 'envelope'"),
        ({"data": {"encryption": {"mode": "envelope", "purpose": ""}}}, "purpose"),
    ],
)
def test_what_cannot_be_together_is_refused(changes: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_of("local", {**SEALED, **changes})
    assert said in str(refused.value)
