from tests.policy.case import PASS, Beside, Case

CASES = [
    Case(
        rule="aws/ecr/repository/scanned",
        type="aws:ecr/repository:Repository",
        good={"imageScanningConfiguration": {"scanOnPush": True}},
        at="imageScanningConfiguration.scanOnPush",
        bad=(False,),
    ),
    Case(
        rule="aws/ecr/repository/immutable_tags",
        type="aws:ecr/repository:Repository",
        good={"imageTagMutability": "IMMUTABLE"},
        at="imageTagMutability",
        bad=("MUTABLE",),
    ),
    Case(
        rule="aws/ecr/repository/encrypted",
        type="aws:ecr/repository:Repository",
        good={"encryptionConfigurations": [{"encryptionType": "KMS"}]},
        at="encryptionConfigurations.0.encryptionType",
        bad=("AES256",),
    ),
    Case(
        rule="aws/ecr/repository/lifecycle",
        type="aws:ecr/repository:Repository",
        good={},
        on=0,
        at="policy",
        missing=PASS,
        unknown=PASS,
        beside=(
            Beside(
                type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
                by="repository",
                props={"policy": "{}"},
            ),
        ),
    ),
    Case(
        rule="aws/ecr/repository_policy/not_public",
        type="aws:ecr/repositoryPolicy:RepositoryPolicy",
        good={
            "json:policy": {
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "ecr:*"}]
            }
        },
        at="json:policy.Statement.0.Principal",
        bad=("*",),
        missing=PASS,
    ),
    Case(
        rule="aws/ecr/repository_policy/not_public",
        type="aws:ecr/repositoryPolicy:RepositoryPolicy",
        good={"json:policy": {"Statement": []}},
        at="json:policy",
    ),
]
