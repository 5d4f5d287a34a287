from policy.settings import Facts
from tests.policy.case import PASS, Beside, Case

CASES = [
    Case(
        rule="aws/s3/bucket/public_access_blocked",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="blockPublicAcls",
        bad=(False,),
        beside=(
            Beside(
                type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                by="bucket",
                props={
                    "blockPublicAcls": True,
                    "blockPublicPolicy": True,
                    "ignorePublicAcls": True,
                    "restrictPublicBuckets": True,
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/public_access_blocked",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="blockPublicPolicy",
        bad=(False,),
        beside=(
            Beside(
                type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                by="bucket",
                props={
                    "blockPublicAcls": True,
                    "blockPublicPolicy": True,
                    "ignorePublicAcls": True,
                    "restrictPublicBuckets": True,
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/public_access_blocked",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="ignorePublicAcls",
        bad=(False,),
        beside=(
            Beside(
                type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                by="bucket",
                props={
                    "blockPublicAcls": True,
                    "blockPublicPolicy": True,
                    "ignorePublicAcls": True,
                    "restrictPublicBuckets": True,
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/public_access_blocked",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="restrictPublicBuckets",
        bad=(False,),
        beside=(
            Beside(
                type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                by="bucket",
                props={
                    "blockPublicAcls": True,
                    "blockPublicPolicy": True,
                    "ignorePublicAcls": True,
                    "restrictPublicBuckets": True,
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/public_access_blocked",
        type="aws:s3/bucketV2:BucketV2",
        good={},
        on=0,
        at="blockPublicAcls",
        bad=(False,),
        beside=(
            Beside(
                type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                by="bucket",
                props={
                    "blockPublicAcls": True,
                    "blockPublicPolicy": True,
                    "ignorePublicAcls": True,
                    "restrictPublicBuckets": True,
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/no_public_acl",
        type="aws:s3/bucket:Bucket",
        good={"acl": "private"},
        at="acl",
        bad=("public-read", "public-read-write", "authenticated-read"),
        missing=PASS,
    ),
    Case(
        rule="aws/s3/bucket/no_public_acl",
        type="aws:s3/bucket:Bucket",
        good={},
        at="acl",
        on=0,
        bad=("public-read",),
        missing=PASS,
        alone=PASS,
        beside=(
            Beside(type="aws:s3/bucketAclV2:BucketAclV2", by="bucket", props={"acl": "private"}),
        ),
    ),
    Case(
        rule="aws/s3/bucket/no_public_acl",
        type="aws:s3/bucket:Bucket",
        good={"grants": [{"uri": "x"}]},
        at="grants.0.uri",
        bad=("http://acs.amazonaws.com/groups/global/AllUsers",),
        missing=PASS,
    ),
    Case(
        rule="aws/s3/bucket/tls_only",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="json:policy.Statement.0.Condition.Bool.aws:SecureTransport",
        bad=("true",),
        beside=(
            Beside(
                type="aws:s3/bucketPolicy:BucketPolicy",
                by="bucket",
                props={
                    "json:policy": {
                        "Statement": [
                            {
                                "Effect": "Deny",
                                "Principal": "*",
                                "Action": "s3:*",
                                "Resource": "*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        ]
                    }
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/tls_only",
        type="aws:s3/bucket:Bucket",
        good={
            "json:policy": {
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ]
            }
        },
        missing=PASS,
        at="json:policy.Statement.0.Effect",
        bad=("Allow",),
    ),
    Case(
        rule="aws/s3/bucket/no_foreign_principal",
        type="aws:s3/bucket:Bucket",
        good={
            "json:policy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                        "Action": "s3:*",
                    }
                ]
            }
        },
        at="json:policy.Statement.0.Principal",
        bad=("*", {"AWS": "arn:aws:iam::999999999999:root"}),
        missing=PASS,
        facts=Facts(account="123456789012"),
    ),
    Case(
        rule="aws/s3/bucket/no_foreign_principal",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="json:policy.Statement.0.Principal",
        bad=("*",),
        missing=PASS,
        alone=PASS,
        beside=(
            Beside(
                type="aws:s3/bucketPolicy:BucketPolicy",
                by="bucket",
                props={
                    "json:policy": {
                        "Statement": [
                            {"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "s3:*"}
                        ]
                    }
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/no_lockout",
        type="aws:s3/bucket:Bucket",
        good={
            "json:policy": {
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ]
            }
        },
        at="json:policy.Statement.0.Condition",
        bad=({},),
    ),
    Case(
        rule="aws/s3/bucket/encrypted",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="rules.0.applyServerSideEncryptionByDefault.sseAlgorithm",
        bad=("AES256",),
        beside=(
            Beside(
                type="aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
                by="bucket",
                props={
                    "rules": [
                        {
                            "applyServerSideEncryptionByDefault": {
                                "sseAlgorithm": "aws:kms",
                                "kmsMasterKeyId": "k",
                            }
                        }
                    ]
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/encrypted",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId",
        bad=("",),
        unknown=PASS,
        beside=(
            Beside(
                type="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                by="bucket",
                props={
                    "rules": [
                        {
                            "applyServerSideEncryptionByDefault": {
                                "sseAlgorithm": "aws:kms",
                                "kmsMasterKeyId": "k",
                            }
                        }
                    ]
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/encrypted",
        type="aws:s3/bucket:Bucket",
        good={
            "serverSideEncryptionConfiguration": {
                "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
            }
        },
        at="serverSideEncryptionConfiguration",
        beside=(Beside(type="aws:s3/bucketLogging:BucketLogging", by="targetBucket"),),
    ),
    Case(
        rule="aws/s3/bucket/access_logged",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="targetBucket",
        bad=("",),
        unknown=PASS,
        beside=(
            Beside(
                type="aws:s3/bucketLogging:BucketLogging",
                by="bucket",
                props={"targetBucket": "logs"},
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/access_logged",
        type="aws:s3/bucket:Bucket",
        good={"logging": {"targetBucket": "logs"}},
        at="logging.targetBucket",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/s3/bucket/not_logging_to_itself",
        type="aws:s3/bucket:Bucket",
        good={"bucket": "data", "logging": {"targetBucket": "logs"}},
        at="logging.targetBucket",
        bad=("data",),
        missing=PASS,
        unknown=PASS,
    ),
    Case(
        rule="aws/s3/bucket/versioned",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="versioningConfiguration.status",
        bad=("Suspended", "Disabled"),
        beside=(
            Beside(
                type="aws:s3/bucketVersioning:BucketVersioning",
                by="bucket",
                props={"versioningConfiguration": {"status": "Enabled"}},
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/versioned",
        type="aws:s3/bucket:Bucket",
        good={"versioning": {"enabled": True}},
        at="versioning.enabled",
        bad=(False,),
    ),
    Case(
        rule="aws/s3/bucket/mfa_delete",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="versioningConfiguration.mfaDelete",
        bad=("Disabled",),
        beside=(
            Beside(
                type="aws:s3/bucketVersioning:BucketVersioning",
                by="bucket",
                props={"versioningConfiguration": {"mfaDelete": "Enabled"}},
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/lifecycle",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="rules.0.status",
        bad=("Disabled",),
        beside=(
            Beside(
                type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                by="bucket",
                props={
                    "rules": [
                        {
                            "status": "Enabled",
                            "expiration": {"days": 30},
                            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                        }
                    ]
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/lifecycle",
        type="aws:s3/bucket:Bucket",
        good={"lifecycleRules": [{"enabled": True}]},
        at="lifecycleRules.0.enabled",
        bad=(False,),
    ),
    Case(
        rule="aws/s3/bucket/aborts_uploads",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="rules.0.abortIncompleteMultipartUpload",
        bad=(None,),
        unknown=PASS,
        beside=(
            Beside(
                type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                by="bucket",
                props={
                    "rules": [
                        {
                            "status": "Enabled",
                            "expiration": {"days": 30},
                            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                        }
                    ]
                },
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/object_lock",
        type="aws:s3/bucket:Bucket",
        good={"objectLockEnabled": True},
        at="objectLockEnabled",
        bad=(False,),
    ),
    Case(
        rule="aws/s3/bucket/replicated",
        type="aws:s3/bucket:Bucket",
        good={"replicationConfiguration": {"role": "r"}},
        at="replicationConfiguration",
        bad=({},),
        unknown=PASS,
    ),
    Case(
        rule="aws/s3/bucket/notifies",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="eventbridge",
        missing=PASS,
        unknown=PASS,
        beside=(
            Beside(
                type="aws:s3/bucketNotification:BucketNotification",
                by="bucket",
                props={"eventbridge": True},
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/acls_disabled",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="rule.objectOwnership",
        bad=("ObjectWriter", "BucketOwnerPreferred"),
        beside=(
            Beside(
                type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
                by="bucket",
                props={"rule": {"objectOwnership": "BucketOwnerEnforced"}},
            ),
        ),
    ),
    Case(
        rule="aws/s3/bucket/watched_by_macie",
        type="aws:s3/bucket:Bucket",
        good={},
        on=0,
        at="status",
        bad=("PAUSED",),
        missing=PASS,
        beside=(Beside(type="aws:macie2/account:Account", props={"status": "ENABLED"}),),
    ),
    Case(
        rule="aws/s3/account_public_access_block/all_blocked",
        type="aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        good={
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        at="blockPublicPolicy",
        bad=(False,),
    ),
    Case(
        rule="aws/s3/access_point/blocked",
        type="aws:s3/accessPoint:AccessPoint",
        good={"publicAccessBlockConfiguration": {"blockPublicPolicy": True}},
        at="publicAccessBlockConfiguration.blockPublicPolicy",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="aws/s3/bucket_object/encrypted",
        type="aws:s3/bucketObject:BucketObject",
        good={"serverSideEncryption": "aws:kms"},
        at="serverSideEncryption",
        bad=("AES256",),
        missing=PASS,
    ),
]
