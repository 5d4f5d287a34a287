"""One member with one role in a resource's policy: what all ``...IAMMember`` tokens do."""

from abc import abstractmethod
from typing import Any, ClassVar

from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.policies import Policy, PolicyOf
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.plugins.rules import Rule, each

_EVERYONE = ("allUsers", "allAuthenticatedUsers")


def _member_fault(member: Any) -> str | None:
    text = str(member)
    if text in _EVERYONE or ":" in text:
        return None
    return f"{text!r} is no member: expected kind:address, e.g. serviceAccount:x@y"


def _role_fault(role: Any) -> str | None:
    if str(role).startswith(("roles/", "projects/", "organizations/")):
        return None
    return f"{role!r} is no role: expected roles/..., or the full name of a custom role"


class IamMember(GcpResource):
    """Non-authoritative: other members of the role stay.

    Granting what is already granted is no error, as in the real provider.
    """

    rules: ClassVar[tuple[Rule, ...]] = (each("member", _member_fault), each("role", _role_fault))

    @abstractmethod
    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        """The resource that has the policy."""

    @abstractmethod
    def prefix(self, properties: Properties) -> str:
        """What the id starts with."""

    @abstractmethod
    def parts(self, prefix: str) -> dict[str, Any]:
        """The properties that an id's start tells; for an import."""

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        self.holder(cloud, inputs).change(cloud, lambda policy: _add(policy, inputs))
        condition = inputs.get("condition")
        ending = f"/{condition['title']}" if condition else ""
        return f"{self.prefix(inputs)}/{inputs['role']}/{_normal(inputs['member'])}{ending}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        if not known.get("role"):
            known = self._imported_parts(resource_id)
        policy = self.holder(cloud, known).read(cloud)
        if not _has(policy, known):
            return None
        told = {name: known[name] for name in self.immutable if known.get(name) is not None}
        return {**told, "etag": policy.get("etag")}

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        self.holder(cloud, outputs).change(cloud, lambda policy: _take(policy, outputs))

    def _imported_parts(self, resource_id: str) -> dict[str, Any]:
        """Imports say ``<resource> <role> <member>``; an id of ours is understood as well."""
        words = resource_id.split()
        if len(words) == 3:
            return {**self.parts(words[0]), "role": words[1], "member": words[2]}
        for marker in ("/roles/", "/projects/", "/organizations/"):
            prefix, found, rest = resource_id.partition(marker)
            if found and marker == "/roles/":
                role, _, member = rest.partition("/")
                return {**self.parts(prefix), "role": f"roles/{role}", "member": member}
        raise ResourceFailedError(
            f"{resource_id!r} is no id: import with '<resource> <role> <member>'"
        )


def _normal(member: str) -> str:
    """Addresses are the same in capitals; the names of principals are not."""
    kind, colon, rest = member.partition(":")
    if kind in ("principal", "principalSet", "principalHierarchy"):
        return member
    return f"{kind}{colon}{rest.lower()}"


def _same(binding: dict[str, Any], wanted: Properties) -> bool:
    condition = {key: text for key, text in (binding.get("condition") or {}).items() if text}
    other = {key: text for key, text in (wanted.get("condition") or {}).items() if text}
    return bool(binding.get("role") == wanted["role"] and condition == other)


def _has(policy: Policy, wanted: Properties) -> bool:
    member = _normal(str(wanted["member"]))
    return any(
        _same(binding, wanted) and member in [_normal(one) for one in binding.get("members", [])]
        for binding in policy.get("bindings", [])
    )


def _add(policy: Policy, wanted: Properties) -> None:
    if _has(policy, wanted):
        return
    bindings = policy.setdefault("bindings", [])
    for binding in bindings:
        if _same(binding, wanted):
            binding["members"] = [*binding.get("members", []), _normal(str(wanted["member"]))]
            return
    binding = {"role": wanted["role"], "members": [_normal(str(wanted["member"]))]}
    if wanted.get("condition"):
        binding["condition"] = dict(wanted["condition"])
    bindings.append(binding)


def _take(policy: Policy, wanted: Properties) -> None:
    member = _normal(str(wanted["member"]))
    for binding in policy.get("bindings", []):
        if _same(binding, wanted):
            binding["members"] = [m for m in binding.get("members", []) if _normal(m) != member]
    policy["bindings"] = [b for b in policy.get("bindings", []) if b.get("members")]
