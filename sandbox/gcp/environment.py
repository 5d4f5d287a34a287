"""What a shell needs so that Google's SDKs and Pulumi reach the sandbox. Standard library only."""

PROJECT = "trimaran-local"
REGION = "us-central1"

# Names that the Pulumi and Terraform providers read, and what follows the address.
_CUSTOM_ENDPOINTS = {
    "ARTIFACT_REGISTRY": "/v1/",
    "BILLING": "/v1/",
    "CLOUD_RESOURCE_MANAGER": "/v1/",
    "CLOUD_SCHEDULER": "/v1/",
    "COMPUTE": "/compute/v1/",
    "DATAFLOW": "/v1b3/",
    "IAM": "/v1/",
    "KMS": "/v1/",
    "LOGGING": "/v2/",
    "MONITORING": "/",
    "PUBSUB": "/v1/",
    "RESOURCE_MANAGER_V3": "/v3/",
    "SERVICE_USAGE": "/v1/",
    "STORAGE": "/storage/v1/",
    "STORAGE_TRANSFER": "/v1/",
    "VERTEX_AI": "/v1/",
}


def environment(url: str, credentials: str) -> dict[str, str]:
    """Environment variables.

    Args:
        url: of the GCP side, ``http://127.0.0.1:PORT``.
        credentials: path of the file whose tokens the sandbox gives.
    """
    variables = {
        "STORAGE_EMULATOR_HOST": url,
        "GOOGLE_APPLICATION_CREDENTIALS": credentials,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "GOOGLE_PROJECT": PROJECT,
        "GOOGLE_REGION": REGION,
        "GOOGLE_CLOUD_ENDPOINT_URL": url,
        # Without it the auth library looks for a metadata server on the network.
        "NO_GCE_CHECK": "true",
    }
    for name, path in _CUSTOM_ENDPOINTS.items():
        variables[f"GOOGLE_{name}_CUSTOM_ENDPOINT"] = url + path
    return variables
