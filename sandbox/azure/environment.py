"""What a shell needs so that Azure's SDKs and Pulumi reach the sandbox. Standard library only."""

SUBSCRIPTION = "7472696d-6172-4a6e-8000-6c6f63616c31"
TENANT = "7472696d-6172-4a6e-8000-74656e616e74"
LOCATION = "westeurope"
# Oldest version of the endpoints' description that says where the ML services are.
METADATA_VERSION = "2022-09-01"


def environment(
    *, address: str, identity_url: str, identity_header: str, bundle: str
) -> dict[str, str]:
    """Environment variables.

    Args:
        address: of Resource Manager, ``127.0.0.1:PORT``.
        identity_url: where tokens are given, ``http://127.0.0.1:PORT/msi/token``.
        identity_header: what a request for a token must carry.
        bundle: path of certificates to trust: those of the internet and the sandbox's own.
    """
    return {
        "ARM_METADATA_HOSTNAME": address,
        "ARM_CLOUD_METADATA_URL": (
            f"https://{address}/metadata/endpoints?api-version={METADATA_VERSION}"
        ),
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
        "ARM_TENANT_ID": TENANT,
        "ARM_USE_MSI": "true",
        "AZURE_KEYVAULT_ENDPOINT_URL": f"https://{address}/keyvault",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "IDENTITY_ENDPOINT": identity_url,
        "IDENTITY_HEADER": identity_header,
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
    }
