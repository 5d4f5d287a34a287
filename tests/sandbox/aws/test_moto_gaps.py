"""Calls the AWS slice needs where moto lacks them or answers otherwise than the cloud."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.running import RunningSandbox, eventually

ACCOUNT = "123456789012"


@pytest.fixture
def name() -> str:
    return f"n{uuid.uuid4().hex[:10]}"


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_a_tls_only_policy_does_not_lock_the_bucket(sandbox: RunningSandbox, name: str) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=name)
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
    }
    insecure = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}

    def put(statement: dict[str, Any]) -> None:
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    put({**statement, **insecure})
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=name)
    put({**statement, "Action": "s3:GetObject"})
    with refused("403|AccessDenied|Forbidden"):
        s3.get_object(Bucket=name, Key="k")


def test_a_budget_is_updated_with_its_notifications_kept(
    sandbox: RunningSandbox, name: str
) -> None:
    budgets = sandbox.client("budgets")
    budget = {
        "BudgetName": name,
        "BudgetLimit": {"Amount": "10", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
    }
    notification = {
        "NotificationType": "ACTUAL",
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": 80.0,
        "ThresholdType": "PERCENTAGE",
    }
    mail = {"SubscriptionType": "EMAIL", "Address": "a@example.com"}
    create: dict[str, Any] = {
        "AccountId": ACCOUNT,
        "Budget": budget,
        "NotificationsWithSubscribers": [{"Notification": notification, "Subscribers": [mail]}],
        "ResourceTags": [{"Key": "owner", "Value": "a"}],
    }
    budgets.create_budget(**create)
    with refused("DuplicateRecordException"):
        budgets.create_budget(**{**create, "ResourceTags": []})
    new = {**budget, "BudgetLimit": {"Amount": "20", "Unit": "USD"}}
    budgets.update_budget(AccountId=ACCOUNT, NewBudget=new)
    found = budgets.describe_budget(AccountId=ACCOUNT, BudgetName=name)["Budget"]
    assert found["BudgetLimit"]["Amount"] == "20"
    assert found["TimePeriod"]["Start"].day == 1
    which = {"AccountId": ACCOUNT, "BudgetName": name, "Notification": notification}
    sms = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:us-east-1:1:t"}
    budgets.create_subscriber(**which, Subscriber=sms)
    assert budgets.describe_subscribers_for_notification(**which)["Subscribers"] == [mail, sms]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{name}"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [
        {"Key": "owner", "Value": "a"}
    ]
    budgets.delete_budget(AccountId=ACCOUNT, BudgetName=name)
    with refused("NotFoundException"):
        budgets.list_tags_for_resource(ResourceARN=arn)


def test_a_key_that_awaits_deletion_cannot_be_used(sandbox: RunningSandbox) -> None:
    kms = sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180
    assert json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"]
    text = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=text)["Plaintext"] == b"x"
    kms.disable_key(KeyId=key)
    with refused("DisabledException"):
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with refused("KMSInvalidStateException"):
        kms.encrypt(KeyId=key, Plaintext=b"x")


def test_keys_survive_a_restart(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    kms = own_sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    text = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    own_sandbox.stop()
    own_sandbox.start()
    again = eventually(lambda: own_sandbox.client("kms"))
    assert again.decrypt(CiphertextBlob=text)["Plaintext"] == b"secret"


def test_a_topic_with_other_settings_is_refused(sandbox: RunningSandbox, name: str) -> None:
    sns = sandbox.client("sns")
    create: dict[str, Any] = {"Name": name, "Attributes": {"DisplayName": "a"}}
    topic = sns.create_topic(**create)["TopicArn"]
    assert sns.create_topic(**create)["TopicArn"] == topic
    with refused("different attributes"):
        sns.create_topic(Name=name, Attributes={"DisplayName": "b"})
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True
    )
    found = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert found["Attributes"]["PendingConfirmation"] == "true"


def test_a_log_group_takes_a_key_and_known_retentions_only(
    sandbox: RunningSandbox, name: str
) -> None:
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName=name, tags={"owner": "a"})
    logs.associate_kms_key(logGroupName=name, kmsKeyId="arn:k")

    def group() -> dict[str, Any]:
        found: dict[str, Any] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
        return found

    assert group()["kmsKeyId"] == "arn:k"
    logs.disassociate_kms_key(logGroupName=name)
    assert "kmsKeyId" not in group()
    logs.put_retention_policy(logGroupName=name, retentionInDays=30)
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=31)
    assert group()["retentionInDays"] == 30


def test_a_second_trail_of_the_same_name_is_refused(sandbox: RunningSandbox, name: str) -> None:
    sandbox.client("s3").create_bucket(Bucket=name)
    cloudtrail = sandbox.client("cloudtrail")
    cloudtrail.create_trail(Name=name, S3BucketName=name, IsMultiRegionTrail=True)
    with refused("TrailAlreadyExistsException"):
        cloudtrail.create_trail(Name=name, S3BucketName=name)
    assert cloudtrail.get_trail(Name=name)["Trail"]["IsMultiRegionTrail"] is True


def test_a_network_in_use_is_not_deleted(sandbox: RunningSandbox) -> None:
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
    used, user = (
        ec2.create_security_group(GroupName=each, Description=each, VpcId=vpc)["GroupId"]
        for each in ("used", "user")
    )
    pair = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.authorize_security_group_ingress(
        GroupId=user, IpPermissions=[{**pair, "UserIdGroupPairs": [{"GroupId": used}]}]
    )
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.kms",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[user],
    )["VpcEndpoint"]["VpcEndpointId"]
    deletions: list[tuple[str, dict[str, str]]] = [
        ("delete_subnet", {"SubnetId": subnet}),
        ("delete_security_group", {"GroupId": used}),
        ("delete_security_group", {"GroupId": user}),
        ("delete_vpc", {"VpcId": vpc}),
    ]
    for operation, arguments in deletions:
        with refused("DependencyViolation"):
            getattr(ec2, operation)(**arguments)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_security_group(GroupId=user)
    ec2.delete_security_group(GroupId=used)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
