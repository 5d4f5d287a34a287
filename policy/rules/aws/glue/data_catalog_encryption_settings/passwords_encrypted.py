"""Passwords of connections are otherwise readable to whoever reads the catalogue."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Passwords in the Glue catalogue are encrypted",
    severity=Severity.HIGH,
    types=("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)", "164.312(d)"),
    controls=("CKV_AWS_94", "glue_data_catalogs_connection_passwords_encryption_enabled"),
    remediation="set connection_password_encryption with a key",
    link="https://docs.aws.amazon.com/glue/latest/dg/encrypt-connection-passwords.html",
)

check = equals(
    "dataCatalogEncryptionSettings.connectionPasswordEncryption.returnConnectionPasswordEncrypted",
    True,
)
