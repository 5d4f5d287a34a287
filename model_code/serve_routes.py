"""The HTTP routes, one function per cloud's contract.

A cloud is added as one more function in CLOUDS: it gets the service and the environment and returns
its routes, empty where the environment says that this is not its container.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from serve_azure import azure_respond, azure_routes, cors
from serve_hooks import Answer, Refusal
from serve_keys import KeyCheck
from serve_service import Service, respond
from serve_settings import on_azure
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SAGEMAKER_PATHS = ("/invocations", "/ping", "/execution-parameters")

CloudRoutes = Callable[[Service, Mapping[str, str]], list[Route]]


def sagemaker_routes(service: Service, _: Mapping[str, str]) -> list[Route]:
    """Real-time endpoints and batch transform.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    async def execution_parameters(request: Request) -> Response:
        body = json.dumps(service.settings.batch_parameters).encode()
        return respond(request, Answer(200, body, "application/json"))

    return [
        Route(path, endpoint, methods=[method])
        for path, method, endpoint in zip(
            SAGEMAKER_PATHS,
            ("POST", "GET", "GET"),
            (service.predict, service.ping, execution_parameters),
            strict=True,
        )
    ]


def vertex_routes(service: Service, environ: Mapping[str, str]) -> list[Route]:
    """Vertex AI, where the container is told the routes; none outside of its containers.

    https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
    """
    if "AIP_HTTP_PORT" not in environ:
        return []
    endpoint = environ.get("AIP_ENDPOINT_ID", "endpoint")
    deployed = environ.get("AIP_DEPLOYED_MODEL_ID", "model")
    base = f"/v1/endpoints/{endpoint}/deployedModels/{deployed}"
    health = environ.get("AIP_HEALTH_ROUTE") or base
    predict = environ.get("AIP_PREDICT_ROUTE") or f"{base}:predict"
    return [
        Route(predict, service.predict, methods=["POST"]),
        Route(health, service.ping, methods=["GET"]),
    ]


CLOUDS: tuple[CloudRoutes, ...] = (sagemaker_routes, vertex_routes, azure_routes)


async def _unknown_route(request: Request, error: Exception) -> Response:
    """404 and 405 in the form of every other error."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    message = f"{request.method} {request.scope['path'][:100]} is not served here"
    response = _responder(request)(request, Refusal(error.status_code, code, message).answer())
    response.headers.update(error.headers or {})
    return response


async def _internal_error(request: Request, _: Exception) -> Response:
    refusal = Refusal(500, "internal_error", "the server failed; its log has the reason")
    return _responder(request)(request, refusal.answer())


def _responder(request: Request) -> Callable[[Request, Answer], Response]:
    """In the form that the container's cloud has for errors; SageMaker's routes keep theirs."""
    azure = request.app.state.azure and request.scope["path"] not in SAGEMAKER_PATHS
    return azure_respond if azure else respond


def build_app(
    service: Service,
    environ: Mapping[str, str],
    *,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
) -> Starlette:
    """The application with the routes of every cloud that applies."""
    # Outermost the preflight of a web page, which brings no key.
    middleware = cors(environ)
    if service.settings.keys:
        middleware.append(Middleware(KeyCheck, keys=service.settings.keys))
    app = Starlette(
        middleware=middleware,
        routes=[route for cloud in CLOUDS for route in cloud(service, environ)],
        exception_handlers={HTTPException: _unknown_route, Exception: _internal_error},
        lifespan=lifespan,
    )
    app.state.azure = on_azure(environ)
    return app
