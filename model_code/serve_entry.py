"""An entry script of Azure ML, `init()` and `run(data)`, as hooks.

As in Azure's own server, `run` gets the request's body as text and its result becomes JSON. What
needs that server's packages (`@rawhttp`, `@input_schema`) belongs on that server's image.
https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http
"""

import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from user_errors import DataError


def entry_hooks(script: ModuleType, program: Path) -> ModuleType:
    """Hooks that call the script. Raises DataError for a `run` that cannot be called."""
    parameters = list(inspect.signature(script.run).parameters.values())
    names = [parameter.name for parameter in parameters]
    variable = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    if len(names) != 1 or parameters[0].kind in variable:
        raise DataError(
            f"run({', '.join(names)}) of {program} is not supported here: define run(data), or the "
            "hooks model_fn, input_fn, predict_fn and output_fn"
        )

    def model_fn(_: str) -> object:
        return script.init()

    def transform_fn(_: object, body: str | bytes, *__: str) -> tuple[bytes, str]:
        text = body if isinstance(body, str) else body.decode("utf-8")
        return _json(script.run(text)), "application/json"

    hooks = ModuleType(f"{script.__name__}_hooks")
    hooks.__dict__.update(model_fn=model_fn, transform_fn=transform_fn)
    return hooks


def _json(result: Any) -> bytes:
    return json.dumps({} if result is None else result).encode()
