"""What Azure, and the resources that wait for it, would answer to what a stack declares."""

from typing import Any

from pulumi.runtime.mocks import MockResourceArgs

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"


def computed_by_azure(args: MockResourceArgs) -> dict[str, Any]:
    """The outputs of a resource of the provider azure-native, or of ours for Azure."""
    noun = args.typ.rsplit(":", 1)[-1]
    inputs = args.inputs
    computed: dict[str, Any] = {"name": _name(noun, inputs, args.name)}
    identity = inputs.get("identity") or {}
    if isinstance(identity.get("userAssignedIdentities"), list):
        # A list on the way in, a map on the way out.
        found: dict[str, dict[str, str]] = {item: {} for item in identity["userAssignedIdentities"]}
        computed["identity"] = {**identity, "userAssignedIdentities": found}
    if noun == "UserAssignedIdentity":
        computed |= {"principalId": f"{args.name}-principal", "clientId": f"{args.name}-client"}
    elif noun == "Vault":
        address = f"https://{args.name}.vault.azure.net/"
        computed["properties"] = {**inputs["properties"], "vaultUri": address}
    elif noun == "Key":
        uri = f"https://vault.azure.net/keys/{inputs['keyName']}"
        computed |= {"keyUri": uri, "keyUriWithVersion": f"{uri}/1"}
    elif noun == "StorageAccount":
        address = f"https://{inputs['accountName']}.blob.core.windows.net/"
        computed["primaryEndpoints"] = {"blob": address}
    elif noun == "ContainerGroup":
        place = inputs["ipAddress"]
        label = place.get("dnsNameLabel")
        fqdn = f"{label}.eastus.azurecontainer.io" if label else None
        computed["ipAddress"] = {**place, "ip": "10.60.0.132", "fqdn": fqdn}
        computed["instanceView"] = {"state": "Running", "events": []}
    elif noun == "BlobUpload":
        computed["url"] = f"{inputs['accountUrl']}{inputs['container']}/{inputs['path']}"
    elif noun == "TransferRun":
        url = f"{inputs['accountUrl']}{inputs['container']}/{inputs['path']}"
        computed |= {"url": url, "transferredUrl": url, "etag": "0x1", "bytesCopied": 14000}
    elif noun == "JobResult":
        computed |= _job_result(args)
    elif noun == "Traffic":
        endpoint = str(inputs["endpointId"])
        computed |= {
            "endpointName": endpoint,
            "scoringUri": f"https://{endpoint}/score",
            "history": [],
        }
    return computed


def _name(noun: str, inputs: dict[str, Any], logical: str) -> str:
    given = {
        "StorageAccount": "accountName",
        "Registry": "registryName",
        "BlobContainer": "containerName",
        "EncryptionScope": "encryptionScopeName",
        "PrivateZone": "privateZoneName",
        "OnlineEndpoint": "endpointName",
        "OnlineDeployment": "deploymentName",
        "Budget": "budgetName",
        "Job": "id",
    }.get(noun, "name")
    return str(inputs.get(given, logical))


def _job_result(args: MockResourceArgs) -> dict[str, Any]:
    output = args.inputs.get("outputUrl")
    tuning = args.name.endswith("-tuning")
    return {
        "jobName": f"{args.name}-job",
        "status": "Completed",
        "bestTrial": "trial-3" if tuning else "",
        "bestParameters": {"learning_rate": "0.0123", "batch_size": "64"} if tuning else {},
        "metrics": {"accuracy": 0.96},
        "evaluation": {"accuracy": 0.97} if output else {},
        "modelUrl": f"{output}model.pkl" if output else "",
        "modelSha256": "ab" * 32 if output else "",
        "modelUri": "",
    }
