"""Encryption keys: one for each sensitivity, so that a program decrypts only what it must."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.labels import labels_of
from components.gcp.project import Agent
from components.naming import Sensitivity, sensitivities
from components.tags import with_sensitivity

_USE: Final = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
# Whose service writes what under which key.
_USERS: Final = {
    Sensitivity.DATA: (Agent.STORAGE, Agent.VERTEX, Agent.DATAFLOW, Agent.COMPUTE),
    Sensitivity.MODEL: (Agent.STORAGE, Agent.VERTEX, Agent.DATAFLOW, Agent.COMPUTE),
    Sensitivity.OPERATIONS: (Agent.STORAGE,),
    Sensitivity.SEALED: (),
}


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """Where the keys are and which agents use them."""

    project_id: str
    region: str
    agents: Mapping[Agent, pulumi.Input[str]]
    key_ring: str | None
    """``projects/…/keyRings/NAME`` of one that exists; none: a new one with a name of its own."""
    rotation_days: int = 90
    """At most 90 (CIS Google Cloud Foundations 1.10)."""
    tags: Mapping[str, str]
    deletion_window_days: int = 30
    """Days in which the destruction of a key's material can be called off."""
    protect: bool = False
    seals: bool = False
    """One key more, which no service of the cloud may use: for tables that are sealed before they
    come here."""


class Keys(pulumi.ComponentResource):
    """A customer managed key with rotation for each sensitivity, in one key ring.

    Neither rings nor keys can ever be deleted: deleting a key here destroys its material (after
    the window), and its name stays taken. That is why names are automatic, and why a ring that
    exists can be used by config. Google's agents may use the keys, people and jobs may not: they
    read through the services. With the key of sealed tables it is the other way round.
    """

    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    """Resource name of each key, once the agents may use it."""
    key_ring: pulumi.Output[str]

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Keys", name, None, opts)
        self._args = args
        self.key_ring = (
            pulumi.Output.from_input(args.key_ring)
            if args.key_ring
            else gcp.kms.KeyRing(
                name,
                project=args.project_id,
                location=args.region,
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            ).id
        )
        self.key_ids = {
            sensitivity: self._key(f"{name}-{sensitivity}", sensitivity)
            for sensitivity in sensitivities(seals=args.seals)
        }
        self.register_outputs(
            {
                "key_ids": {str(s): key for s, key in self.key_ids.items()},
                "key_ring": self.key_ring,
            }
        )

    def _key(self, name: str, sensitivity: Sensitivity) -> pulumi.Output[str]:
        args = self._args
        day = 24 * 60 * 60
        key = gcp.kms.CryptoKey(
            name,
            key_ring=self.key_ring,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{args.rotation_days * day}s",
            destroy_scheduled_duration=f"{args.deletion_window_days * day}s",
            labels=labels_of(with_sensitivity(args.tags, sensitivity)),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        grants = [
            gcp.kms.CryptoKeyIAMMember(
                f"{name}-{agent}",
                crypto_key_id=key.id,
                role=_USE,
                member=args.agents[agent],
                opts=pulumi.ResourceOptions(parent=self),
            ).id
            for agent in _USERS[sensitivity]
        ]
        # Known only with its grants, so that nothing is encrypted before the agents may.
        return pulumi.Output.all(key.id, *grants).apply(lambda known: str(known[0]))
