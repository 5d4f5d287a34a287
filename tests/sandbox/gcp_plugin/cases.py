"""For each token: inputs that create it, a change in place and a change that replaces."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.values import ASSET_SIGNATURE, SIGNATURE_KEY
from tests.sandbox.gcp_plugin.world import PROJECT, World

LABELS = {"owner": "ml", "data-class": "raw"}
REGION = "europe-west4"
OTHER_PROJECT = {"project": "plugin-tests-2"}
Inputs = Callable[[World], Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """How to exercise one token; ``change`` is empty where nothing changes in place."""

    token: str
    inputs: Inputs
    change: Inputs
    replace: Inputs
    stays: bool = False
    """The cloud keeps the thing when the resource is deleted."""
    import_id: Callable[[Mapping[str, Any], str], str] = field(default=lambda _, i: i)
    unimportable: frozenset[str] = frozenset()
    """Inputs that no import can know."""

    @property
    def name(self) -> str:
        return self.token.rsplit(":", 1)[-1]


def _always(**values: Any) -> Inputs:
    return lambda _: values


def asset(text: str) -> dict[str, Any]:
    """A text asset as the engine sends it."""
    return {SIGNATURE_KEY: ASSET_SIGNATURE, "text": text, "hash": f"hash-{text}"}


def _member(
    token: str,
    holder: str,
    value: Callable[[World], str],
    other: Callable[[World], str],
    *,
    more: Mapping[str, Any] | None = None,
    import_id: Callable[[Mapping[str, Any], str], str] | None = None,
) -> Case:
    return Case(
        token,
        lambda world: {
            holder: value(world),
            "member": world.member,
            "role": "roles/viewer",
            "condition": {"title": "until", "expression": "request.time.getHours() < 24"},
            **(more or {}),
        },
        _always(),
        lambda world: {holder: other(world), "member": world.other_member},
        import_id=import_id
        or (lambda outputs, _: f"{outputs[holder]} {outputs['role']} {outputs['member']}"),
        unimportable=frozenset({"condition"}),
    )


def bucket(world: World) -> dict[str, Any]:
    """A bucket with every setting the project uses."""
    return {
        "name": "plugin-case-bucket",
        "location": REGION,
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": 604800},
        "encryption": {"defaultKmsKeyName": world.key},
        "lifecycleRules": [
            {"action": {"type": "Delete"}, "condition": {"age": 30, "withState": "ARCHIVED"}},
            {
                "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
                "condition": {"daysSinceNoncurrentTime": 7, "matchesPrefixes": ["a/"]},
            },
            {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}},
        ],
        "logging": {"logBucket": world.other_bucket, "logObjectPrefix": "logs"},
        "cors": [{"methods": ["GET"], "origins": ["*"], "maxAgeSeconds": 60}],
        "forceDestroy": True,
        "labels": LABELS,
    }


def _transfer(world: World) -> dict[str, Any]:
    return {
        "description": "raw data from S3",
        "transferSpec": {
            "awsS3DataSource": {
                "bucketName": "raw",
                "path": "data/",
                "roleArn": "arn:aws:iam::123456789012:role/transfer",
            },
            "gcsDataSink": {"bucketName": world.sink_bucket, "path": "raw/"},
            "transferOptions": {"overwriteWhen": "DIFFERENT"},
        },
        "schedule": {
            "scheduleStartDate": {"year": 2026, "month": 1, "day": 2},
            "startTimeOfDay": {"hours": 3, "minutes": 0, "nanos": 0, "seconds": 0},
            "repeatInterval": "604800s",
        },
        "loggingConfig": {"logActions": ["COPY"], "logActionStates": ["FAILED"]},
        "status": "DISABLED",
    }


def alert(world: World, threshold: float = 5.0) -> dict[str, Any]:
    """An alert policy with a threshold and an absence."""
    aggregation = {
        "alignmentPeriod": "60s",
        "perSeriesAligner": "ALIGN_RATE",
        "crossSeriesReducer": "REDUCE_SUM",
        "groupByFields": ["resource.label.endpoint_id"],
    }
    kind = 'resource.type = "aiplatform.googleapis.com/Endpoint" AND metric.type = "x"'
    return {
        "displayName": "errors",
        "combiner": "OR",
        "conditions": [
            {
                "displayName": "errors",
                "conditionThreshold": {
                    "filter": kind,
                    "comparison": "COMPARISON_GT",
                    "thresholdValue": threshold,
                    "duration": "300s",
                    "aggregations": [aggregation],
                    "trigger": {"count": 1},
                },
            },
            {
                "displayName": "idle",
                "conditionAbsent": {"filter": kind, "duration": "84600s"},
            },
        ],
        "alertStrategy": {"autoClose": "1800s"},
        "documentation": {"content": "what to do", "mimeType": "text/markdown"},
        "notificationChannels": [world.channel],
        "severity": "ERROR",
        "userLabels": LABELS,
    }


def _finding(severity: str) -> dict[str, Any]:
    return {
        "predicate": {"expression": 'resource.rotationPeriod > duration("7776000s")'},
        "resourceSelector": {"resourceTypes": ["cloudkms.googleapis.com/CryptoKey"]},
        "severity": severity,
        "description": "A key stays the same.",
        "recommendation": "Rotate it.",
    }


def _dashboard(title: str) -> str:
    widget = {"title": title, "text": {"content": "x", "format": "MARKDOWN"}}
    return json.dumps({"displayName": title, "gridLayout": {"columns": "2", "widgets": [widget]}})


def _budget(world: World) -> dict[str, Any]:
    return {
        "billingAccount": "012345-ABCDEF-678901",
        "displayName": "ml",
        "amount": {"specifiedAmount": {"currencyCode": "EUR", "units": "100"}},
        "budgetFilter": {
            "projects": ["projects/123456789012"],
            "calendarPeriod": "MONTH",
            "labels": {"owner": "ml"},
        },
        "thresholdRules": [{"thresholdPercent": 0.5}, {"thresholdPercent": 1.0}],
        "allUpdatesRule": {
            "monitoringNotificationChannels": [world.channel],
            "disableDefaultIamRecipients": True,
        },
    }


def _endpoint(world: World) -> dict[str, Any]:
    return {
        "name": "1234567890",
        "displayName": "penguins",
        "description": "d",
        "location": REGION,
        "region": REGION,
        "encryptionSpec": {"kmsKeyName": world.key},
        "labels": LABELS,
    }


CASES = (
    Case(
        "gcp:projects/service:Service",
        _always(project=PROJECT, service="aiplatform.googleapis.com", disableOnDestroy=True),
        _always(disableOnDestroy=False),
        _always(service="dataflow.googleapis.com"),
    ),
    Case(
        "gcp:projects/serviceIdentity:ServiceIdentity",
        _always(project=PROJECT, service="aiplatform.googleapis.com"),
        _always(),
        _always(service="dataflow.googleapis.com"),
        stays=True,
    ),
    _member(
        "gcp:projects/iAMMember:IAMMember", "project", lambda _: PROJECT, lambda _: "plugin-tests-2"
    ),
    Case(
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        _always(
            project=PROJECT,
            service="storage.googleapis.com",
            auditLogConfigs=[
                {"logType": "DATA_READ", "exemptedMembers": ["user:a@example.com"]},
                {"logType": "DATA_WRITE"},
            ],
        ),
        _always(auditLogConfigs=[{"logType": "ADMIN_READ"}]),
        _always(service="allServices"),
        import_id=lambda outputs, _: f"{outputs['project']} {outputs['service']}",
    ),
    Case(
        "gcp:serviceaccount/account:Account",
        _always(accountId="plugin-case", displayName="Training", description="d"),
        _always(displayName="Serving", disabled=True),
        _always(accountId="plugin-case-2"),
    ),
    _member(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "serviceAccountId",
        lambda world: world.account,
        lambda world: world.other_account,
    ),
    Case(
        "gcp:storage/bucket:Bucket",
        bucket,
        _always(versioning={"enabled": False}, storageClass="NEARLINE", labels={"owner": "x"}),
        _always(location="us-east1"),
    ),
    Case(
        "gcp:storage/bucketObject:BucketObject",
        lambda world: {
            "bucket": world.bucket,
            "name": "data/penguins.csv",
            "source": asset("a,b"),
            "contentType": "text/csv",
            "kmsKeyName": world.key,
            "metadata": {"a": "b"},
        },
        _always(source=asset("c,d")),
        _always(contentType="text/plain"),
        import_id=lambda outputs, _: f"{outputs['bucket']}/{outputs['name']}",
    ),
    _member(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "bucket",
        lambda world: world.bucket,
        lambda world: world.other_bucket,
    ),
    Case(
        "gcp:storage/transferJob:TransferJob",
        _transfer,
        _always(status="ENABLED", description="x"),
        _always(**OTHER_PROJECT),
        import_id=lambda outputs, i: f"{outputs['project']}/{i}",
    ),
    Case(
        "gcp:kms/keyRing:KeyRing",
        lambda world: {"name": world.fresh("case"), "location": REGION},
        _always(),
        _always(location="us-east1"),
        stays=True,
    ),
    Case(
        "gcp:kms/cryptoKey:CryptoKey",
        lambda world: {
            "name": world.fresh("case"),
            "keyRing": world.ring,
            "purpose": "ENCRYPT_DECRYPT",
            "rotationPeriod": "7776000s",
            "destroyScheduledDuration": "86400s",
            "versionTemplate": {
                "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION",
                "protectionLevel": "SOFTWARE",
            },
            "labels": LABELS,
        },
        _always(rotationPeriod="2592000s", labels={"owner": "x"}),
        lambda world: {"keyRing": world.other_ring},
        stays=True,
    ),
    _member(
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "cryptoKeyId",
        lambda world: world.key,
        lambda world: world.other_key,
    ),
    _member(
        "gcp:kms/keyRingIAMMember:KeyRingIAMMember",
        "keyRingId",
        lambda world: world.ring,
        lambda world: world.other_ring,
    ),
    Case(
        "gcp:vertex/aiEndpoint:AiEndpoint",
        _endpoint,
        _always(displayName="x", labels={"owner": "x"}),
        lambda world: {"encryptionSpec": {"kmsKeyName": world.other_key}},
    ),
    _member(
        "gcp:vertex/aiEndpointIamMember:AiEndpointIamMember",
        "endpoint",
        lambda world: world.endpoint,
        lambda world: world.other_endpoint,
        more={"location": REGION, "project": PROJECT},
        import_id=lambda outputs, _: (
            f"projects/{PROJECT}/locations/{REGION}/endpoints/{outputs['endpoint']} "
            f"{outputs['role']} {outputs['member']}"
        ),
    ),
    Case(
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        _always(
            project=PROJECT,
            roleId="plugin_case",
            title="scaling",
            description="d",
            permissions=["aiplatform.endpoints.deploy", "aiplatform.endpoints.get"],
            stage="BETA",
        ),
        _always(permissions=["aiplatform.endpoints.get"], title="x"),
        _always(roleId="plugin_case_2"),
    ),
    Case(
        "gcp:cloudscheduler/job:Job",
        lambda world: {
            "name": "plugin-case",
            "region": REGION,
            "description": "d",
            "schedule": "0 20 * * 1,2",
            "timeZone": "Europe/Berlin",
            "attemptDeadline": "60s",
            "retryConfig": {"retryCount": 3, "minBackoffDuration": "60s"},
            "httpTarget": {
                "httpMethod": "POST",
                "uri": "https://europe-west4-aiplatform.googleapis.com/v1/x:mutateDeployedModel",
                "headers": {"Content-Type": "application/json"},
                "body": "e30=",
                "oauthToken": {"serviceAccountEmail": world.member.partition(":")[2]},
            },
        },
        _always(schedule="0 21 * * *", paused=True),
        _always(name="plugin-case-2"),
    ),
    Case(
        "gcp:logging/projectSink:ProjectSink",
        _always(
            name="plugin-case",
            destination="storage.googleapis.com/plugin-logs",
            filter="severity >= ERROR",
            description="d",
            uniqueWriterIdentity=True,
        ),
        _always(filter="severity >= WARNING"),
        _always(name="plugin-case-2"),
    ),
    Case(
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        lambda world: {
            "project": PROJECT,
            "location": REGION,
            "bucketId": "plugin-case",
            "retentionDays": 400,
            "description": "d",
            "enableAnalytics": True,
            "cmekSettings": {"kmsKeyName": world.key},
        },
        _always(retentionDays=500),
        _always(bucketId="plugin-case-2"),
    ),
    Case(
        "gcp:monitoring/alertPolicy:AlertPolicy",
        alert,
        lambda world: {"conditions": alert(world, 7.0)["conditions"], "severity": "CRITICAL"},
        _always(**OTHER_PROJECT),
    ),
    Case(
        "gcp:monitoring/notificationChannel:NotificationChannel",
        _always(
            displayName="ml",
            type="email",
            labels={"email_address": "ml@example.com"},
            userLabels=LABELS,
        ),
        _always(labels={"email_address": "ops@example.com"}, enabled=False),
        _always(**OTHER_PROJECT),
    ),
    Case(
        "gcp:securitycenter/managementProjectSecurityHealthAnalyticsCustomModule:"
        "ManagementProjectSecurityHealthAnalyticsCustomModule",
        _always(
            project=PROJECT,
            location="global",
            displayName="key_rotated_too_seldom",
            enablementState="ENABLED",
            customConfig=_finding("HIGH"),
        ),
        _always(enablementState="DISABLED", customConfig=_finding("LOW")),
        _always(displayName="other"),
    ),
    Case(
        "gcp:monitoring/dashboard:Dashboard",
        _always(dashboardJson=_dashboard("one"), project=PROJECT),
        _always(dashboardJson=_dashboard("two")),
        _always(**OTHER_PROJECT),
    ),
    Case(
        "gcp:billing/budget:Budget",
        _budget,
        _always(amount={"specifiedAmount": {"currencyCode": "EUR", "units": "200"}}),
        _always(billingAccount="012345-ABCDEF-678902"),
    ),
    Case(
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
        lambda world: {
            "workloadIdentityPoolId": world.fresh("case"),
            "displayName": "CI",
            "description": "d",
        },
        _always(displayName="x", disabled=True),
        _always(workloadIdentityPoolId="plugin-case-2"),
    ),
    Case(
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        lambda world: {
            "workloadIdentityPoolId": world.pool,
            "workloadIdentityPoolProviderId": world.fresh("case"),
            "attributeMapping": {"google.subject": "assertion.sub"},
            "attributeCondition": "assertion.repository_owner == 'me'",
            "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
            "displayName": "CI",
        },
        _always(attributeCondition="true"),
        lambda world: {"workloadIdentityPoolId": world.other_pool},
    ),
    Case(
        "gcp:compute/network:Network",
        _always(
            name="plugin-case",
            autoCreateSubnetworks=False,
            deleteDefaultRoutesOnCreate=True,
            description="d",
            routingMode="GLOBAL",
        ),
        _always(routingMode="REGIONAL"),
        _always(description="e"),
    ),
    Case(
        "gcp:compute/subnetwork:Subnetwork",
        lambda world: {
            "name": "plugin-case",
            "network": world.network,
            "ipCidrRange": "10.8.1.0/24",
            "privateIpGoogleAccess": True,
            "logConfig": {
                "aggregationInterval": "INTERVAL_10_MIN",
                "flowSampling": 0.25,
                "metadata": "INCLUDE_ALL_METADATA",
            },
        },
        _always(ipCidrRange="10.8.0.0/20", privateIpGoogleAccess=False),
        lambda world: {"network": world.other_network},
    ),
    Case(
        "gcp:compute/firewall:Firewall",
        lambda world: {
            "name": "plugin-case",
            "network": world.network,
            "direction": "INGRESS",
            "allows": [{"protocol": "tcp", "ports": ["12345-12346"]}],
            "sourceTags": ["dataflow"],
            "targetTags": ["dataflow"],
            "logConfig": {"metadata": "INCLUDE_ALL_METADATA"},
        },
        _always(priority=900, sourceTags=["dataflow", "x"]),
        lambda world: {"network": world.other_network},
    ),
)
