"""What /swagger.json tells of the scoring route, as Swagger 2 or OpenAPI 3."""

from collections.abc import Mapping
from typing import Any

VERSIONS = ("2", "2.0", "3", "3.0", "3.1")

_Schema = dict[str, Any]
_ERROR: _Schema = {"type": "object", "properties": {"message": {"type": "string"}}}
_SECURITY: _Schema = {"type": "apiKey", "name": "Authorization", "in": "header"}


def description(
    version: str, request: _Schema, answer: _Schema, *, environ: Mapping[str, str]
) -> _Schema:
    """The document of one of VERSIONS for a service with these JSON schemas."""
    schemas = {"ServiceInput": request, "ServiceOutput": answer, "ErrorResponse": _ERROR}
    info = {
        "title": environ.get("SERVICE_NAME", "ML service"),
        "version": environ.get("SERVICE_VERSION", "1.0"),
    }
    shared: _Schema = {"info": info, "security": [{"Bearer": []}]}
    if version.startswith("2"):
        return {
            "swagger": "2.0",
            **shared,
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "paths": _paths(_swagger_run()),
            "definitions": schemas,
            "securityDefinitions": {"Bearer": _SECURITY},
        }
    return {
        "openapi": "3.1.0" if version == "3.1" else "3.0.3",
        **shared,
        "paths": _paths(_openapi_run()),
        "components": {"schemas": schemas, "securitySchemes": {"Bearer": _SECURITY}},
    }


def _paths(run: _Schema) -> _Schema:
    health = {
        "operationId": "ServiceHealthCheck",
        "security": [],
        "responses": {"200": {"description": "The server is up: the text Healthy."}},
    }
    described = {"operationId": "RunMLService", "description": "Rows to predictions."}
    return {"/": {"get": health}, "/score": {"post": {**described, **run}}}


def _swagger_run() -> _Schema:
    body = {"name": "serviceInputPayload", "in": "body", "required": True}
    return {
        "parameters": [{**body, "schema": {"$ref": "#/definitions/ServiceInput"}}],
        "responses": {
            "200": _described("The prediction.", "#/definitions/ServiceOutput"),
            "default": _described("The request was refused.", "#/definitions/ErrorResponse"),
        },
    }


def _openapi_run() -> _Schema:
    def content(name: str) -> _Schema:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}

    return {
        "requestBody": {"required": True, "content": content("ServiceInput")},
        "responses": {
            "200": {"description": "The prediction.", "content": content("ServiceOutput")},
            "default": {
                "description": "The request was refused.",
                "content": content("ErrorResponse"),
            },
        },
    }


def _described(text: str, reference: str) -> _Schema:
    return {"description": text, "schema": {"$ref": reference}}
