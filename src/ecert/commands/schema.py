"""`ecert schema NAME`: the JSON Schema of a document that ecert writes."""

from __future__ import annotations

import click

from ecert.commands.console import Console
from ecert.commands.options import common

__all__ = ["schema"]

_FILES = {"report": ("ecert.report", "report.schema.json")}


@click.command(short_help="print a JSON Schema · 输出 JSON 模式")
@click.argument("name", type=click.Choice(sorted(_FILES)))
@common
def schema(console: Console, *, name: str) -> int:
    """Print the JSON Schema (draft 2020-12) of the documents of `verify --json`."""
    from importlib import resources

    package, file = _FILES[name]
    console.emit_bytes(resources.files(package).joinpath(file).read_bytes())
    return 0
