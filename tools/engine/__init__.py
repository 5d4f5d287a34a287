"""The Pulumi engine: found where there is one, fetched or built where there is none.

Order of choice: a compatible `pulumi` on PATH with its Python language host → the user's
cache → the release bundle → a build from the pinned Go module, which takes minutes, once
a machine. Standard library only: it runs before anything is installed.
"""

from tools.engine.choose import Engine, find, obtain

__all__ = ["Engine", "find", "obtain"]
