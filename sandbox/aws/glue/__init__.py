"""Glue that works: jobs run their script, crawlers read files, the catalog keeps the rules.

`jobs` and `runs` are jobs, `arguments` and `bootstrap` what a script is started with;
`triggers` start them; `crawlers` and `inference` are crawlers; `catalog` the calls moto lacks or
answers otherwise; `connections` the places in a network that jobs run in.
"""

from sandbox.aws.context import Context
from sandbox.aws.glue import catalog, connections, crawlers, jobs, triggers


def install(context: Context) -> None:
    """Plug jobs, crawlers and the catalog in."""
    jobs.install(context)
    triggers.install(context)
    crawlers.install(context)
    catalog.install(context)
    connections.install(context)
