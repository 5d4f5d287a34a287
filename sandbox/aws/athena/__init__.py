"""Athena that answers: DuckDB over the Glue catalog's data in the sandbox's S3.

`operations` is the wire layer, `executions` the life of a query, `engine` its running,
`statements` tells the kinds of statement apart, `tables` reads a catalog table, `writes`
stores results as tables, `ddl` answers the statements that only touch the catalog.
"""

from sandbox.aws.athena.operations import install

__all__ = ["install"]
