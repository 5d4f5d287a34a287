from tests.policy.case import FAIL, PASS, Beside, Case

CASES = [
    Case(
        rule="aws/sagemaker/notebook_instance/no_direct_internet",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={"directInternetAccess": "Disabled"},
        at="directInternetAccess",
        bad=("Enabled",),
    ),
    Case(
        rule="aws/sagemaker/notebook_instance/in_vpc",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={"subnetId": "subnet-1"},
        at="subnetId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/notebook_instance/root_access_off",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={"rootAccess": "Disabled"},
        at="rootAccess",
        bad=("Enabled",),
    ),
    Case(
        rule="aws/sagemaker/notebook_instance/encrypted",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={"kmsKeyId": "k"},
        at="kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/notebook_instance/metadata_v2",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={
            "instanceMetadataServiceConfiguration": {"minimumInstanceMetadataServiceVersion": "2"}
        },
        at="instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion",
        bad=("1",),
    ),
    Case(
        rule="aws/sagemaker/notebook_instance/least_privilege",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={"roleArn": "r"},
        at="roleArn",
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/notebook_instance/least_privilege",
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        good={},
        at="json:policy.Statement.Action",
        on=1,
        bad=("s3:*", ["*"]),
        missing=PASS,
        alone=FAIL,
        beside=(
            Beside(type="aws:iam/role:Role", named="roleArn"),
            Beside(
                type="aws:iam/rolePolicy:RolePolicy",
                props={
                    "json:policy": {
                        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
                    }
                },
                by="role",
                of=0,
            ),
        ),
    ),
    Case(
        rule="aws/sagemaker/notebook_instance_lifecycle_configuration/no_secrets",
        type="aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration",
        good={"onStart": "ZWNobyBoaQ=="},
        at="onStart",
        bad=("ZXhwb3J0IFBBU1NXT1JEPWh1bnRlcjItaHVudGVyMg==",),  # pragma: allowlist secret
        missing=PASS,
    ),
    Case(
        rule="aws/sagemaker/endpoint_configuration/encrypted",
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        good={"kmsKeyArn": "k", "productionVariants": [{"instanceType": "ml.m5.large"}]},
        at="kmsKeyArn",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/endpoint_configuration/encrypted",
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        good={"productionVariants": [{"instanceType": "ml.g5.xlarge"}]},
        at="productionVariants.0.instanceType",
        bad=("ml.m5.large",),
    ),
    Case(
        rule="aws/sagemaker/endpoint_configuration/encrypted",
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        good={"productionVariants": [{"serverlessConfig": {"maxConcurrency": 1}}]},
        at="productionVariants.0.serverlessConfig",
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/endpoint_configuration/capture_encrypted",
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        good={"dataCaptureConfig": {"kmsKeyId": "k", "enableCapture": True}},
        at="dataCaptureConfig.kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/endpoint_configuration/more_than_one_instance",
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        good={"productionVariants": [{"initialInstanceCount": 2}]},
        at="productionVariants.0.initialInstanceCount",
        bad=(1,),
    ),
    Case(
        rule="aws/sagemaker/endpoint/monitored",
        type="aws:sagemaker/endpoint:Endpoint",
        good={"endpointConfigName": "c"},
        at="endpointConfigName",
        missing=PASS,
        unknown=PASS,
        beside=(Beside(type="aws:sagemaker/monitoringSchedule:MonitoringSchedule"),),
    ),
    Case(
        rule="aws/sagemaker/endpoint/monitored",
        type="aws:sagemaker/endpoint:Endpoint",
        good={"endpointConfigName": "c"},
        at="defaultArguments",
        on=0,
        bad=({"--raw_table": "t"},),
        unknown=PASS,
        beside=(
            Beside(
                type="aws:glue/job:Job",
                props={"defaultArguments": {"--captured_uri": "s3://b/captured/e/AllTraffic"}},
            ),
        ),
    ),
    Case(
        rule="aws/sagemaker/model/network_isolation",
        type="aws:sagemaker/model:Model",
        good={"enableNetworkIsolation": True},
        at="enableNetworkIsolation",
        bad=(False,),
    ),
    Case(
        rule="aws/sagemaker/model/in_vpc",
        type="aws:sagemaker/model:Model",
        good={"vpcConfig": {"subnets": ["s"]}},
        at="vpcConfig.subnets",
        bad=([],),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/model/registered",
        type="aws:sagemaker/model:Model",
        good={"name": "m"},
        at="name",
        missing=PASS,
        unknown=PASS,
        beside=(Beside(type="aws:sagemaker/modelPackageGroup:ModelPackageGroup"),),
    ),
    Case(
        rule="aws/sagemaker/training_job/network_isolation",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"enableNetworkIsolation": True},
        at="enableNetworkIsolation",
        bad=(False,),
    ),
    Case(
        rule="aws/sagemaker/training_job/network_isolation",
        type="aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob",
        good={"trainingJobDefinition": {"enableNetworkIsolation": True}},
        at="trainingJobDefinition.enableNetworkIsolation",
        bad=(False,),
    ),
    Case(
        rule="aws/sagemaker/training_job/network_isolation",
        type="aws:sagemaker/pipeline:Pipeline",
        good={
            "json:pipelineDefinition": {
                "Steps": [
                    {"Name": "a", "Type": "Training", "Arguments": {"EnableNetworkIsolation": True}}
                ]
            }
        },
        at="json:pipelineDefinition.Steps.0.Arguments.EnableNetworkIsolation",
        bad=(False,),
    ),
    Case(
        rule="aws/sagemaker/training_job/traffic_encrypted",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={
            "resourceConfig": {"instanceCount": 2},
            "enableInterContainerTrafficEncryption": True,
        },
        at="enableInterContainerTrafficEncryption",
        bad=(False,),
    ),
    Case(
        rule="aws/sagemaker/training_job/traffic_encrypted",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"resourceConfig": {"instanceCount": 1}},
        at="resourceConfig.instanceCount",
        bad=(2,),
        missing=PASS,
    ),
    Case(
        rule="aws/sagemaker/training_job/volume_encrypted",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"resourceConfig": {"instanceType": "ml.m5.large", "volumeKmsKeyId": "k"}},
        at="resourceConfig.volumeKmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/training_job/volume_encrypted",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"resourceConfig": {"instanceType": "ml.g5.xlarge"}},
        at="resourceConfig.instanceType",
        bad=("ml.m5.large", "ml.p3.2xlarge"),
    ),
    Case(
        rule="aws/sagemaker/training_job/output_encrypted",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"outputDataConfig": {"kmsKeyId": "k"}},
        at="outputDataConfig.kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/training_job/in_vpc",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"vpcConfig": {"subnets": ["s"]}},
        at="vpcConfig.subnets",
        bad=([],),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/domain/encrypted",
        type="aws:sagemaker/domain:Domain",
        good={"kmsKeyId": "k"},
        at="kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/domain/single_sign_on",
        type="aws:sagemaker/domain:Domain",
        good={"authMode": "SSO"},
        at="authMode",
        bad=("IAM",),
    ),
    Case(
        rule="aws/sagemaker/domain/vpc_only",
        type="aws:sagemaker/domain:Domain",
        good={"appNetworkAccessType": "VpcOnly"},
        at="appNetworkAccessType",
        bad=("PublicInternetOnly",),
    ),
    Case(
        rule="aws/sagemaker/data_quality_job_definition/output_encrypted",
        type="aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
        good={"dataQualityJobOutputConfig": {"kmsKeyId": "k"}},
        at="dataQualityJobOutputConfig.kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/data_quality_job_definition/volume_encrypted",
        type="aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
        good={
            "jobResources": {
                "clusterConfig": {"instanceType": "ml.m5.large", "volumeKmsKeyId": "k"}
            }
        },
        at="jobResources.clusterConfig.volumeKmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/data_quality_job_definition/traffic_encrypted",
        type="aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
        good={"networkConfig": {"enableInterContainerTrafficEncryption": True}},
        at="networkConfig.enableInterContainerTrafficEncryption",
        bad=(False,),
    ),
    Case(
        rule="aws/sagemaker/flow_definition/output_encrypted",
        type="aws:sagemaker/flowDefinition:FlowDefinition",
        good={"outputConfig": {"kmsKeyId": "k"}},
        at="outputConfig.kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/sagemaker/feature_group/encrypted",
        type="aws:sagemaker/featureGroup:FeatureGroup",
        good={"offlineStoreConfig": {"s3StorageConfig": {"kmsKeyId": "k"}}},
        at="offlineStoreConfig.s3StorageConfig.kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
]
