"""The web service: model_code's server in one small container group."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.identity import Identified
from components.azure.uploads import Library, upload_code
from components.naming import Sensitivity
from components.packaging import CodeArchive, pack_distributions, pack_modules
from components.runs.server_credentials import ServerCredentials, ServerCredentialsArgs
from components.tags import with_sensitivity

ENTRY: Final = "aci_fetch.py"
PORT: Final = 8443
PLAIN_PORT: Final = 8080
# What the server needs and Microsoft's image need not have: pure Python, as the lock pins it.
_PACKAGES: Final = (
    "anyio",
    "click",
    "h11",
    "idna",
    "starlette",
    "typing_extensions",
    "uvicorn",
)
_APP: Final = "/mnt/app"
_ENTRY_MOUNT: Final = "/mnt/entry"
_KEYS_MOUNT: Final = "/mnt/keys"
# The server takes the shell's place, so that signals reach it.
_COMMAND: Final = f"python3 {_ENTRY_MOUNT}/fetch.py && exec python3 {_APP}/code/serve.py"
# Seconds: rights that still spread are waited for (5 minutes in aci_fetch.py), then the model is
# loaded. A container that is probed earlier would be killed meanwhile.
_LONGEST_START: Final = 360


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """The model, the container's size, and how it is reached."""

    library: Library
    region: str
    dns_label: str
    """First part of the public host name: in lower case, nobody else's in the region."""
    image: str
    model_data_url: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    gate: pulumi.Resource
    """Must be passed before anything here changes."""
    code_directory: Path
    identity: Identified
    cpu: float
    memory_gb: float
    subnet_id: pulumi.Input[str] | None
    """The private network; none: a public address."""
    uses_tls: bool
    key_rotation: str
    """Any text; another one makes new keys and a new certificate."""
    tags: Mapping[str, str]


class WebService(pulumi.ComponentResource):
    """A container group without an image of its own.

    Microsoft's image first fetches code and model with the group's identity and checks their
    digests, then becomes model_code's server on them. Not in an init container: those reach no
    managed identity
    (https://learn.microsoft.com/azure/container-instances/container-instances-init-container). A
    plain container group has neither authentication nor TLS, so the server has: keys and
    certificate come from the stack, as a volume that is in no log and no environment. A sidecar
    would not fit into the size that one model needs.

    A change replaces the running container, which takes about a minute in which nobody answers;
    where that is too long, use the online endpoint.
    """

    group_id: pulumi.Output[str]
    scoring_uri: pulumi.Output[str]
    state: pulumi.Output[str]
    """``Running`` once the containers run."""
    certificate: pulumi.Output[str]
    """The server's certificate (PEM), the only one that a client should trust; empty without."""
    key: pulumi.Output[str]
    """The primary key, a secret."""

    def __init__(
        self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:WebService", name, None, opts)
        self._args = args
        self._port = PORT if args.uses_tls else PLAIN_PORT
        credentials = ServerCredentials(
            name,
            ServerCredentialsArgs(
                host_name=f"{args.dns_label}.{args.region}.azurecontainer.io",
                rotation=args.key_rotation,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        group = self._group(name, credentials, self._files(name))
        scheme = "https" if args.uses_tls else "http"
        self.group_id = group.id
        self.scoring_uri = group.ip_address.apply(
            lambda address: _scoring_uri(scheme, address, self._port)
        )
        self.state = group.instance_view.apply(lambda view: str(view.state))
        self.certificate = (
            credentials.certificate_pem if args.uses_tls else pulumi.Output.from_input("")
        )
        self.key = pulumi.Output.secret(credentials.primary_key)
        self.register_outputs({"scoring_uri": self.scoring_uri, "state": self.state})

    def _files(self, name: str) -> pulumi.Output[str]:
        """What the init container fetches, as the JSON that model_code/aci_fetch.py reads."""
        args = self._args
        code = pack_modules(args.code_directory)
        packages = pack_distributions("packages", _PACKAGES)
        return pulumi.Output.json_dumps(
            [
                self._file(f"{name}-code", code, to="code", unpack=True),
                self._file(f"{name}-packages", packages, to="packages.zip", unpack=False),
                {
                    "url": args.model_data_url,
                    "sha256": args.model_sha256,
                    "to": "model/model.pkl",
                    "unpack": False,
                },
            ]
        )

    def _file(self, name: str, archive: CodeArchive, *, to: str, unpack: bool) -> dict[str, Any]:
        url = upload_code(
            name,
            archive,
            library=self._args.library,
            file_name=f"{to.removesuffix('.zip')}.zip",
            unpack=False,
            parent=self,
        )
        return {"url": url, "sha256": archive.sha256, "to": to, "unpack": unpack}

    def _group(
        self, name: str, credentials: ServerCredentials, files: pulumi.Output[str]
    ) -> azure.containerinstance.ContainerGroup:
        args = self._args
        address: dict[str, Any] = {
            "type": "Public" if args.subnet_id is None else "Private",
            "ports": [{"port": self._port, "protocol": "TCP"}],
        }
        if args.subnet_id is None:
            address["dns_name_label"] = args.dns_label
        place: dict[str, Any] = {"ip_address": address}
        if args.subnet_id is not None:
            place["subnet_ids"] = [{"id": args.subnet_id}]
        entry = (args.code_directory / ENTRY).read_bytes()
        # The SDK's default API version is a preview; only what 2023-05-01 has is used here.
        return azure.containerinstance.ContainerGroup(
            name.lower(),
            resource_group_name=args.library.resource_group_name,
            location=args.region,
            os_type="Linux",
            sku="Standard",
            restart_policy="Always",
            identity={
                "type": azure.containerinstance.ResourceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": [args.identity.id],
            },
            containers=[self._serve(files)],
            volumes=[
                {"name": "entry", "secret": {"fetch.py": _base64(entry)}},
                {"name": "app", "empty_dir": {}},
                {"name": "keys", "secret": self._secrets(credentials)},
            ],
            tags=with_sensitivity(args.tags, Sensitivity.MODEL),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.gate]),
            **place,
        )

    def _serve(self, files: pulumi.Output[str]) -> Any:
        args = self._args
        environment: dict[str, pulumi.Input[str]] = {
            "FETCH_INTO": _APP,
            "FETCH_FILES": files,
            "AZURE_CLIENT_ID": args.identity.client_id,
            # The container's own interface is the only one there is.
            "SERVE_HOST": "0.0.0.0",  # noqa: S104
            "SERVE_PORT": str(self._port),
            "AZUREML_MODEL_DIR": f"{_APP}/model",
            "MODEL_SHA256": args.model_sha256,
            "PYTHONPATH": f"{_APP}/packages.zip",
            "SERVE_KEY_FILES": f"{_KEYS_MOUNT}/primary,{_KEYS_MOUNT}/secondary",
        }
        if args.uses_tls:
            environment["SERVE_TLS_CERTIFICATE"] = f"{_KEYS_MOUNT}/tls.crt"
            environment["SERVE_TLS_KEY"] = f"{_KEYS_MOUNT}/tls.key"
        return {
            "name": "serve",
            "image": args.image,
            "command": ["/bin/sh", "-c", _COMMAND],
            "environment_variables": [
                {"name": key, "value": value} for key, value in environment.items()
            ],
            "resources": {"requests": {"cpu": args.cpu, "memory_in_gb": args.memory_gb}},
            "ports": [{"port": self._port, "protocol": "TCP"}],
            "volume_mounts": [
                {"name": "entry", "mount_path": _ENTRY_MOUNT, "read_only": True},
                {"name": "app", "mount_path": _APP},
                {"name": "keys", "mount_path": _KEYS_MOUNT, "read_only": True},
            ],
            "liveness_probe": self._probe("/", delay=_LONGEST_START, failures=6),
            "readiness_probe": self._probe("/ping", delay=10, failures=3),
        }

    def _probe(self, path: str, *, delay: int, failures: int) -> dict[str, Any]:
        scheme = azure.containerinstance.Scheme
        return {
            "http_get": {
                "path": path,
                "port": self._port,
                "scheme": scheme.HTTPS if self._args.uses_tls else scheme.HTTP,
            },
            "initial_delay_seconds": delay,
            "period_seconds": 10,
            "timeout_seconds": 5,
            "failure_threshold": failures,
        }

    def _secrets(self, credentials: ServerCredentials) -> dict[str, pulumi.Output[str]]:
        texts = {
            "primary": credentials.primary_key,
            "secondary": credentials.secondary_key,
        }
        if self._args.uses_tls:
            texts["tls.crt"] = credentials.certificate_pem
            texts["tls.key"] = credentials.private_key_pem
        return {name: _secret(text) for name, text in texts.items()}


def _secret(text: pulumi.Output[str]) -> pulumi.Output[str]:
    hidden: pulumi.Output[str] = pulumi.Output.secret(text)
    return hidden.apply(lambda known: _base64(known.encode()))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _scoring_uri(scheme: str, address: Any, port: int) -> str:
    """Where the group really answers, by name where it has one."""
    ports = [item.port for item in address.ports] if address.ports else [port]
    return f"{scheme}://{address.fqdn or address.ip}:{ports[0]}/score"
