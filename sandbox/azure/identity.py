"""The endpoint where processes get the tokens of their managed identity."""

import hmac
import time
from typing import Any

from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError
from sandbox.azure.tokens import API_VERSIONS, CLIENT_ID, LIFETIME, PATH, Caller
from sandbox.wire import Request, Response

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


class IdentityEndpoint:
    """Answers ``GET /msi/token?resource=…&api-version=2019-08-01``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def handle(self, request: Request) -> Response:
        try:
            return Response.of_json(self._answer(request))
        except ApiError as error:
            # App Service has a form of its own for errors.
            body = {"statusCode": error.status, "message": error.message}
            return Response.of_json(body, error.status)

    def _answer(self, request: Request) -> dict[str, Any]:
        if request.path != PATH or request.method != "GET":
            raise ApiError(404, "NotFound", f"There is no {request.method} {request.path}.")
        query = request.query
        version = query.get("api-version", "")
        if version not in API_VERSIONS:
            raise ApiError(400, "BadRequest", f"api-version {version!r} is not supported.")
        given = request.headers.get("x-identity-header") or request.headers.get("secret", "")
        if not hmac.compare_digest(given.encode(), self._context.tokens.header.encode()):
            raise ApiError(401, "Unauthorized", "The identity header is missing or wrong.")
        audience = query.get("resource", "")
        if not audience:
            raise ApiError(400, "BadRequest", "The parameter 'resource' is missing.")
        caller = self._caller(query)
        expires = int(time.time()) + LIFETIME
        return {
            "access_token": self._context.tokens.give(audience, caller=caller),
            "expires_on": str(expires),
            "resource": audience,
            "token_type": "Bearer",
            "client_id": caller.client_id if caller else CLIENT_ID,
        }

    def _caller(self, query: dict[str, str]) -> Caller | None:
        """The user-assigned identity that is asked for; none for the sandbox's own.

        Raises:
            ApiError: 400, as App Service says of one that it does not know.
        """
        wanted = {
            "clientId": query.get("client_id") or query.get("clientid"),
            "principalId": query.get("principal_id") or query.get("object_id"),
            "id": query.get("mi_res_id"),
        }
        given = {name: value.lower() for name, value in wanted.items() if value}
        if not given or given == {"clientId": CLIENT_ID}:
            return None
        for record in self._context.resources.of_type(IDENTITIES):
            properties = record["properties"]
            facts = {**properties, "id": record["id"]}
            if all(str(facts[name]).lower() == value for name, value in given.items()):
                return Caller(
                    object_id=properties["principalId"],
                    client_id=properties["clientId"],
                    tenant=properties["tenantId"],
                    audience="",
                    resource_id=record["id"],
                )
        raise ApiError(400, "BadRequest", "No User Assigned or Delegated Managed Identity found.")
