"""IAM policies, read and written whole; changes of other members are not lost.

The members of one resource are granted by several handlers at once, and other clients write too:
each change starts from the policy as it is and is repeated when another one came first.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from plugin.handler import ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud, GoogleError

Policy = dict[str, Any]
_ATTEMPTS: Final = 12
_CONFLICTS: Final = (409, 412)
_LOCKS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_LOCKS_GUARD: Final = threading.Lock()


@dataclass(frozen=True)
class PolicyOf:
    """Where a resource's policy is; Cloud Storage has methods unlike all others'."""

    path: str
    storage: bool = False

    def read(self, cloud: Cloud) -> Policy:
        """The policy, with conditions.

        Raises:
            GoogleError: the resource is gone.
        """
        if self.storage:
            query = {"optionsRequestedPolicyVersion": "3"}
            return cloud.call("GET", f"{self.path}/iam", query=query)
        body = {"options": {"requestedPolicyVersion": 3}}
        method = "POST" if self.path.startswith("/v1/projects/") and self._is_project else "GET"
        if method == "POST":
            return cloud.call("POST", f"{self.path}:getIamPolicy", body=body)
        query = {"options.requestedPolicyVersion": "3"}
        return cloud.call("GET", f"{self.path}:getIamPolicy", query=query)

    @property
    def _is_project(self) -> bool:
        return self.path.count("/") == 3

    def change(self, cloud: Cloud, edit: Callable[[Policy], None]) -> Policy:
        """Edits the policy in place of what it was.

        Raises:
            GoogleError: the cloud refuses.
        """
        with _lock(f"{cloud.endpoint_url}{self.path}"):
            for attempt in range(_ATTEMPTS):
                policy = self.read(cloud)
                edit(policy)
                try:
                    return self._write(cloud, policy)
                except GoogleError as error:
                    if error.status not in _CONFLICTS:
                        raise
                    # 412 is also how Cloud Storage refuses public members.
                    if error.status == 412 and "changed" not in error.message:
                        raise
                cloud.context.wait(0.01 * (attempt + 1))
        raise ResourceFailedError(f"{self.path}: its policy is changed by others all the time")

    def _write(self, cloud: Cloud, policy: Policy) -> Policy:
        if any(binding.get("condition") for binding in policy.get("bindings", [])):
            policy["version"] = 3
        if self.storage:
            return cloud.call("PUT", f"{self.path}/iam", body=policy)
        return cloud.call("POST", f"{self.path}:setIamPolicy", body={"policy": policy})


def _lock(name: str) -> threading.Lock:
    with _LOCKS_GUARD:
        return _LOCKS[name]
