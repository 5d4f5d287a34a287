"""What is left of the services: who reaches them, what they record."""

from tests.policy.case import PASS, Case

WORKBENCH = "gcp:workbench/instance:Instance"
COLAB = "gcp:colab/runtimeTemplate:RuntimeTemplate"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
FIREWALL = "gcp:compute/firewall:Firewall"
SINK = "gcp:logging/projectSink:ProjectSink"
ENDPOINT = "gcp:vertex/aiEndpoint:AiEndpoint"
DATASET = "gcp:bigquery/dataset:Dataset"
PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
PUBLIC = ("allUsers", "allAuthenticatedUsers")
DISK = {"diskEncryption": "CMEK", "kmsKey": "k"}
SSH = [{"protocol": "tcp", "ports": ["22"]}]
AUDITED = [{"logType": "DATA_READ"}, {"logType": "DATA_WRITE"}]

CASES = [
    Case(
        rule="gcp/vertex/endpoint/private",
        type=ENDPOINT,
        good={"privateServiceConnectConfig": {"enablePrivateServiceConnect": True}},
        at="privateServiceConnectConfig.enablePrivateServiceConnect",
        bad=(False,),
    ),
    Case(
        rule="gcp/vertex/endpoint/private",
        type=ENDPOINT,
        good={"network": "projects/1/global/networks/n"},
        at="network",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/vertex/index_endpoint/private",
        type="gcp:vertex/aiIndexEndpoint:AiIndexEndpoint",
        good={"publicEndpointEnabled": False},
        at="publicEndpointEnabled",
        bad=(True,),
        missing=PASS,
    ),
    Case(
        rule="gcp/workbench/instance/private",
        type=WORKBENCH,
        good={"gceSetup": {"disablePublicIp": True}},
        at="gceSetup.disablePublicIp",
        bad=(False,),
    ),
    *(
        Case(
            rule="gcp/workbench/instance/customer_key",
            type=WORKBENCH,
            good={"gceSetup": {"bootDisk": DISK, "dataDisks": DISK}},
            at=f"gceSetup.{disk}.diskEncryption",
            bad=("GMEK",),
        )
        for disk in ("bootDisk", "dataDisks")
    ),
    Case(
        rule="gcp/workbench/instance/customer_key",
        type=WORKBENCH,
        good={"gceSetup": {"bootDisk": DISK, "dataDisks": DISK}},
        at="gceSetup.bootDisk.kmsKey",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/workbench/instance/secure_boot",
        type=WORKBENCH,
        good={"gceSetup": {"shieldedInstanceConfig": {"enableSecureBoot": True}}},
        at="gceSetup.shieldedInstanceConfig.enableSecureBoot",
        bad=(False,),
    ),
    *(
        Case(
            rule="gcp/workbench/instance/integrity",
            type=WORKBENCH,
            good={"gceSetup": {"shieldedInstanceConfig": {name: True}}},
            at=f"gceSetup.shieldedInstanceConfig.{name}",
            bad=(False,),
            missing=PASS,
        )
        for name in ("enableIntegrityMonitoring", "enableVtpm")
    ),
    Case(
        rule="gcp/colab/runtime_template/no_internet",
        type=COLAB,
        good={"networkSpec": {"enableInternetAccess": False}},
        at="networkSpec.enableInternetAccess",
        bad=(True,),
    ),
    Case(
        rule="gcp/colab/runtime_template/secure_boot",
        type=COLAB,
        good={"shieldedVmConfig": {"enableSecureBoot": True}},
        at="shieldedVmConfig.enableSecureBoot",
        bad=(False,),
    ),
    *(
        Case(
            rule="gcp/dataflow/job/private",
            type=kind,
            good={"ipConfiguration": "WORKER_IP_PRIVATE"},
            at="ipConfiguration",
            bad=("WORKER_IP_PUBLIC",),
        )
        for kind in ("gcp:dataflow/job:Job", "gcp:dataflow/flexTemplateJob:FlexTemplateJob")
    ),
    *(
        Case(
            rule="gcp/bigquery/dataset/not_public",
            type=DATASET,
            good={"accesses": [{"role": "READER", path: "projectReaders"}]},
            at=f"accesses.0.{path}",
            bad=PUBLIC,
            missing=PASS,
        )
        for path in ("specialGroup", "iamMember")
    ),
    *(
        Case(
            rule="gcp/bigquery/dataset/not_public",
            type="gcp:bigquery/datasetAccess:DatasetAccess",
            good={"role": "READER", path: "projectReaders"},
            at=path,
            bad=PUBLIC,
            missing=PASS,
        )
        for path in ("specialGroup", "iamMember")
    ),
    Case(
        rule="gcp/bigquery/table/deletion_protected",
        type="gcp:bigquery/table:Table",
        good={"deletionProtection": True},
        at="deletionProtection",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="gcp/artifactregistry/repository/scanned",
        type="gcp:artifactregistry/repository:Repository",
        good={"vulnerabilityScanningConfig": {"enablementConfig": "INHERITED"}},
        at="vulnerabilityScanningConfig.enablementConfig",
        bad=("DISABLED",),
        missing=PASS,
    ),
    Case(
        rule="gcp/iam/workload_identity_pool_provider/restricted",
        type=PROVIDER,
        good={"attributeCondition": 'assertion.repository == "o/r"', "oidc": {"issuerUri": "u"}},
        at="attributeCondition",
        bad=("true", "", "1 == 1"),
    ),
    Case(
        rule="gcp/iam/workload_identity_pool_provider/restricted",
        type=PROVIDER,
        good={"aws": {"accountId": "123456789012"}},
        at="aws.accountId",
        bad=("",),
        unknown=PASS,
    ),
    *(
        Case(
            rule="gcp/secretmanager/secret/rotation",
            type=kind,
            good={"rotation": {"rotationPeriod": "7776000s"}},
            at="rotation.rotationPeriod",
            bad=("31536000s",),
        )
        for kind in (
            "gcp:secretmanager/secret:Secret",
            "gcp:secretmanager/regionalSecret:RegionalSecret",
        )
    ),
    Case(
        rule="gcp/projects/audit_config/data_access",
        type="gcp:projects/iAMAuditConfig:IAMAuditConfig",
        good={"service": "storage.googleapis.com", "auditLogConfigs": AUDITED},
        at="auditLogConfigs",
        bad=(
            [],
            AUDITED[:1],
            AUDITED[1:],
            [AUDITED[0], {**AUDITED[1], "exemptedMembers": ["user:ada@example.org"]}],
        ),
    ),
    Case(
        rule="gcp/logging/project_sink/own_identity",
        type=SINK,
        good={"uniqueWriterIdentity": True},
        at="uniqueWriterIdentity",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="gcp/logging/project_sink/enabled",
        type=SINK,
        good={"disabled": False},
        at="disabled",
        bad=(True,),
        missing=PASS,
    ),
    Case(
        rule="gcp/compute/subnetwork/flow_logs",
        type=SUBNETWORK,
        good={"logConfig": {"flowSampling": 0.5}},
        at="logConfig",
        unknown=PASS,
    ),
    Case(
        rule="gcp/compute/subnetwork/private_google_access",
        type=SUBNETWORK,
        good={"privateIpGoogleAccess": True},
        at="privateIpGoogleAccess",
        bad=(False,),
    ),
    *(
        Case(  # no machines in it
            rule=f"gcp/compute/subnetwork/{rule}",
            type=SUBNETWORK,
            good={"purpose": "REGIONAL_MANAGED_PROXY"},
            at="purpose",
            bad=("PRIVATE",),
        )
        for rule in ("flow_logs", "private_google_access")
    ),
    Case(
        rule="gcp/compute/firewall/closed",
        type=FIREWALL,
        good={"allows": SSH, "sourceRanges": ["10.0.0.0/8"]},
        at="sourceRanges",
        bad=(["10.0.0.0/8", "0.0.0.0/0"], ["::/0"], []),
    ),
    Case(
        rule="gcp/compute/firewall/closed",
        type=FIREWALL,
        good={"allows": SSH, "sourceTags": ["worker"]},
        at="sourceTags",
        bad=([],),
        unknown=PASS,
    ),
    Case(
        rule="gcp/compute/firewall/closed",
        type=FIREWALL,
        good={"direction": "EGRESS", "allows": SSH},
        at="direction",
        bad=("INGRESS",),
    ),
    Case(
        rule="gcp/compute/network/own_subnetworks",
        type="gcp:compute/network:Network",
        good={"autoCreateSubnetworks": False},
        at="autoCreateSubnetworks",
        bad=(True,),
    ),
]
