"""Failures of a query, as Athena words them in StateChangeReason.

QueryError is the root; the code (``SYNTAX_ERROR`` …) comes first in the text.
"""


class QueryError(Exception):
    """A query fails for a reason its author can act on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class TableNotFound(QueryError):
    """The catalog has no such table."""

    def __init__(self, database: str, table: str) -> None:
        super().__init__(
            "TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{table}' does not exist"
        )


class DatabaseNotFound(QueryError):
    """The catalog has no such database."""

    def __init__(self, database: str) -> None:
        super().__init__("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")


class NotSupported(QueryError):
    """Athena could, the sandbox cannot."""

    def __init__(self, message: str) -> None:
        super().__init__("NOT_SUPPORTED", f"{message} (a limit of the sandbox)")
