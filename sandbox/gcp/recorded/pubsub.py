"""Pub/Sub topics and subscriptions: recorded; messages are not delivered."""

from sandbox.gcp.context import Context
from sandbox.gcp.errors import already_exists, not_found
from sandbox.gcp.recorded.collection import Collection
from sandbox.router import Request
from sandbox.store import Record


class _Put(Collection):
    """Created with PUT on the name itself; the update wraps the resource."""

    def put(self, request: Request) -> Record:
        name = self.resource_name(request)
        with self.context.store.transaction():
            if self.context.store.get(self.table, name) is not None:
                raise already_exists(f"Resource {name}")
            return self.save({**request.json(), "name": name})

    def patch(self, request: Request) -> Record:
        body = request.json()
        given = body.get(self.name.removesuffix("s"), body)
        mask = [path.split(".") for path in str(body.get("updateMask", "")).split(",") if path]
        return self._answer(request, self.changed(request, given, mask or None))


def install(context: Context) -> None:
    """Topics and subscriptions."""
    for name in ("topics", "subscriptions"):
        collection = _Put(
            context=context,
            version="/v1",
            parent="projects/{project}",
            name=name,
            policy=True,
            times=(None, None),
        )
        context.route("PUT", f"/v1/projects/{{project}}/{name}/{{id}}", collection.put)

    def publish(request: Request) -> Record:
        project = context.project_id(request.variables["project"])
        name = f"projects/{project}/topics/{request.variables['id']}"
        if context.store.get("topics of projects/*", name) is None:
            raise not_found(f"Resource {name}")
        return {"messageIds": [str(n) for n, _ in enumerate(request.json().get("messages", []), 1)]}

    context.route("POST", "/v1/projects/{project}/topics/{id}:publish", publish)
