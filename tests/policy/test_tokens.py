"""Every name of a kind of resource is the same to a rule."""

import pytest

from policy.tokens import canonical

ACCOUNT = "azure-native:storage:StorageAccount"
ALERT = "azure-native:monitor:MetricAlert"


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"),
        ("aws:s3/bucketAclV2:BucketAclV2", "aws:s3/bucketAcl:BucketAcl"),
        ("azure-native:storage/v20230101:StorageAccount", ACCOUNT),
        ("azure-native:storage/v20230101preview:StorageAccount", ACCOUNT),
        ("azure-native_storage_v20230101:storage:StorageAccount", ACCOUNT),
        ("azure-native_storage_v20230101preview:storage:StorageAccount", ACCOUNT),
        ("azure-native:insights:MetricAlert", ALERT),
        ("azure-native:insights/v20180301:MetricAlert", ALERT),
    ],
)
def test_a_resource_has_one_name(token: str, wanted: str) -> None:
    assert canonical(token) == wanted
    assert canonical(wanted) == wanted


@pytest.mark.parametrize(
    "token",
    [
        "aws:apigatewayv2/api:Api",
        "aws:wafv2/webAcl:WebAcl",
        "azure:storage/account:Account",
        "gcp:storage/bucket:Bucket",
        "gcp:bigquery/datapolicyv2DataPolicy:Datapolicyv2DataPolicy",
    ],
)
def test_what_only_looks_like_another_name_stays(token: str) -> None:
    assert canonical(token) == token
