"""`ecert schema NAME`: the JSON Schema of a document that ecert writes or reads."""

from __future__ import annotations

import click

from ecert.commands.console import Console
from ecert.commands.options import common

__all__ = ["schema"]

_TRUST = (
    "agreement", "code-table", "deviation", "entities", "federation", "issuers", "matters", "payload",
    "rule", "status",
)  # fmt: skip
_FILES = {
    "report": ("ecert.report", "report.schema.json"),
    **{name: ("ecert.trust", f"schemas/{name}.json") for name in _TRUST},
}


@click.command(short_help="print a JSON Schema · 输出 JSON 模式")
@click.argument("name", type=click.Choice(sorted(_FILES)))
@common
def schema(console: Console, *, name: str) -> int:
    """Print a JSON Schema (draft 2020-12): of `verify --json` (report), or of a document of trust.

    A schema says what a document looks like. What it cannot say (a gap in a history, one id twice,
    a foreign entity) the commands that read the document still refuse.
    """
    from importlib import resources

    package, file = _FILES[name]
    console.emit_bytes(resources.files(package).joinpath(file).read_bytes())
    return 0
