"""Keys of one's own, wherever something is encrypted."""

from tests.policy.case import PASS, Beside, Case

KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
CRYPTO_KEY = "gcp:kms/cryptoKey:CryptoKey"
DAY = 24 * 60 * 60
ENCRYPTION_SPEC = {
    "colab/runtime_template": ("gcp:colab/runtimeTemplate:RuntimeTemplate",),
    "vertex/dataset": ("gcp:vertex/aiDataset:AiDataset",),
    "vertex/endpoint": ("gcp:vertex/aiEndpoint:AiEndpoint",),
    "vertex/feature_store": (
        "gcp:vertex/aiFeatureStore:AiFeatureStore",
        "gcp:vertex/aiFeatureOnlineStore:AiFeatureOnlineStore",
    ),
    "vertex/index": ("gcp:vertex/aiIndex:AiIndex",),
    "vertex/index_endpoint": ("gcp:vertex/aiIndexEndpoint:AiIndexEndpoint",),
    "vertex/metadata_store": ("gcp:vertex/aiMetadataStore:AiMetadataStore",),
    "vertex/tensorboard": ("gcp:vertex/aiTensorboard:AiTensorboard",),
}
KEY_NAME = {
    "artifactregistry/repository": ("gcp:artifactregistry/repository:Repository",),
    "dataflow/job": (
        "gcp:dataflow/job:Job",
        "gcp:dataflow/flexTemplateJob:FlexTemplateJob",
    ),
    "pubsub/topic": ("gcp:pubsub/topic:Topic",),
}
DATASET = "gcp:bigquery/dataset:Dataset"
TABLE = "gcp:bigquery/table:Table"
DEFAULT_KEY = {"defaultEncryptionConfiguration": {"kmsKeyName": KEY}}

CASES = [
    *(
        Case(
            rule=f"gcp/{name}/customer_key",
            type=kind,
            good={"encryptionSpec": {"kmsKeyName": KEY}},
            at="encryptionSpec.kmsKeyName",
            bad=("",),
            unknown=PASS,
        )
        for name, kinds in ENCRYPTION_SPEC.items()
        for kind in kinds
    ),
    *(
        Case(
            rule=f"gcp/{name}/customer_key",
            type=kind,
            good={"kmsKeyName": KEY},
            at="kmsKeyName",
            bad=("",),
            unknown=PASS,
        )
        for name, kinds in KEY_NAME.items()
        for kind in kinds
    ),
    Case(
        rule="gcp/bigquery/dataset/customer_key",
        type=DATASET,
        good=DEFAULT_KEY,
        at="defaultEncryptionConfiguration.kmsKeyName",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/bigquery/table/customer_key",
        type=TABLE,
        good={"datasetId": "d", "encryptionConfiguration": {"kmsKeyName": KEY}},
        at="encryptionConfiguration.kmsKeyName",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/bigquery/table/customer_key",
        type=TABLE,
        good={},
        beside=(Beside(type=DATASET, props=DEFAULT_KEY, named="datasetId"),),
        on=0,
        at="defaultEncryptionConfiguration.kmsKeyName",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/kms/crypto_key/rotation",
        type=CRYPTO_KEY,
        good={"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": f"{90 * DAY}s"},
        at="rotationPeriod",
        bad=(f"{91 * DAY}s",),
    ),
    Case(  # a key that signs cannot be rotated
        rule="gcp/kms/crypto_key/rotation",
        type=CRYPTO_KEY,
        good={"purpose": "ASYMMETRIC_SIGN"},
        at="purpose",
        bad=("ENCRYPT_DECRYPT",),
    ),
    Case(
        rule="gcp/kms/crypto_key/destruction_window",
        type=CRYPTO_KEY,
        good={"destroyScheduledDuration": f"{30 * DAY}s"},
        at="destroyScheduledDuration",
        bad=(f"{DAY}s",),
        missing=PASS,
    ),
    Case(
        rule="gcp/kms/crypto_key/hardware",
        type=CRYPTO_KEY,
        good={"versionTemplate": {"algorithm": "A", "protectionLevel": "HSM"}},
        at="versionTemplate.protectionLevel",
        bad=("SOFTWARE",),
    ),
]
