from tests.policy.case import FAIL, PASS, Case

CASES = [
    Case(
        rule="aws/glue/data_catalog_encryption_settings/encrypted",
        type="aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",
        good={
            "dataCatalogEncryptionSettings": {
                "encryptionAtRest": {"catalogEncryptionMode": "SSE-KMS"}
            }
        },
        at="dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode",
        bad=("DISABLED",),
    ),
    Case(
        rule="aws/glue/data_catalog_encryption_settings/passwords_encrypted",
        type="aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",
        good={
            "dataCatalogEncryptionSettings": {
                "connectionPasswordEncryption": {"returnConnectionPasswordEncrypted": True}
            }
        },
        at="dataCatalogEncryptionSettings.connectionPasswordEncryption.returnConnectionPasswordEncrypted",
        bad=(False,),
    ),
    Case(
        rule="aws/glue/security_configuration/objects_encrypted",
        type="aws:glue/securityConfiguration:SecurityConfiguration",
        good={"encryptionConfiguration": {"s3Encryption": {"s3EncryptionMode": "SSE-KMS"}}},
        at="encryptionConfiguration.s3Encryption.s3EncryptionMode",
        bad=("DISABLED",),
    ),
    Case(
        rule="aws/glue/security_configuration/logs_encrypted",
        type="aws:glue/securityConfiguration:SecurityConfiguration",
        good={
            "encryptionConfiguration": {
                "cloudwatchEncryption": {"cloudwatchEncryptionMode": "SSE-KMS"}
            }
        },
        at="encryptionConfiguration.cloudwatchEncryption.cloudwatchEncryptionMode",
        bad=("DISABLED",),
    ),
    Case(
        rule="aws/glue/security_configuration/bookmarks_encrypted",
        type="aws:glue/securityConfiguration:SecurityConfiguration",
        good={
            "encryptionConfiguration": {
                "jobBookmarksEncryption": {"jobBookmarksEncryptionMode": "CSE-KMS"}
            }
        },
        at="encryptionConfiguration.jobBookmarksEncryption.jobBookmarksEncryptionMode",
        bad=("DISABLED",),
    ),
    Case(
        rule="aws/glue/job/security_configuration",
        type="aws:glue/job:Job",
        good={"securityConfiguration": "c"},
        at="securityConfiguration",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/glue/job/security_configuration",
        type="aws:glue/crawler:Crawler",
        good={"securityConfiguration": "c"},
        at="securityConfiguration",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/glue/job/no_secrets_in_arguments",
        type="aws:glue/job:Job",
        # pragma: allowlist nextline secret
        good={"defaultArguments": {"--db_password": "arn:aws:secretsmanager:x"}},
        at="defaultArguments.--db_password",
        bad=("hunter2hunter2", "AKIAIOSFODNN7EXAMPLE"),  # pragma: allowlist secret
        missing=PASS,
    ),
    Case(
        rule="aws/glue/job/logged",
        type="aws:glue/job:Job",
        good={"defaultArguments": {"--enable-continuous-cloudwatch-log": "true"}},
        at="defaultArguments.--enable-continuous-cloudwatch-log",
        bad=("false",),
    ),
    Case(
        rule="aws/glue/job/supported_version",
        type="aws:glue/job:Job",
        good={"glueVersion": "5.0"},
        at="glueVersion",
        bad=("2.0", "0.9", "3.0"),
    ),
    Case(
        rule="aws/glue/connection/tls",
        type="aws:glue/connection:Connection",
        good={"connectionProperties": {"JDBC_ENFORCE_SSL": "true"}},
        at="connectionProperties.JDBC_ENFORCE_SSL",
        bad=("false",),
    ),
    Case(
        rule="aws/glue/connection/no_secrets",
        type="aws:glue/connection:Connection",
        good={"connectionProperties": {"PASSWORD": ""}},
        at="connectionProperties.PASSWORD",
        bad=("hunter2",),
        missing=PASS,
    ),
    Case(
        rule="aws/glue/resource_policy/not_public",
        type="aws:glue/resourcePolicy:ResourcePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "glue:*"}
                ]
            }
        },
        at="json:policy.Statement.0.Principal",
        bad=("*",),
        missing=PASS,
    ),
    Case(
        rule="aws/glue/resource_policy/not_public",
        type="aws:glue/resourcePolicy:ResourcePolicy",
        good={"json:policy": {"Statement": []}},
        at="json:policy",
        missing=FAIL,
    ),
]
