"""Names, comments and statistics of columns tell about the data."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="The Glue catalogue is encrypted at rest",
    severity=Severity.MEDIUM,
    types=("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_94", "glue_data_catalogs_metadata_encryption_enabled"),
    remediation="set encryption_at_rest to SSE-KMS with a key",
    link="https://docs.aws.amazon.com/glue/latest/dg/encrypt-glue-data-catalog.html",
)

check = equals(
    "dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode",
    "SSE-KMS",
    "SSE-KMS-WITH-SERVICE-ROLE",
)
