"""Glue that works: jobs run their script, crawlers read files, the catalog keeps the rules.

`jobs` and `runs` are jobs, `arguments` and `bootstrap` what a script is started with;
`crawlers` and `inference` are crawlers; `catalog` the calls moto lacks or answers otherwise.
"""

from sandbox.aws.context import Context
from sandbox.aws.glue import catalog, crawlers, jobs


def install(context: Context) -> None:
    """Plug jobs, crawlers and the catalog in."""
    jobs.install(context)
    crawlers.install(context)
    catalog.install(context)
