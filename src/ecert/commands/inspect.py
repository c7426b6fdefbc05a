"""`ecert inspect FILE`: what is in a file, without any judgement; it never says accept."""

from __future__ import annotations

import click

from ecert.commands.console import UNREADABLE, Console, Stop
from ecert.commands.files import read_bytes
from ecert.commands.options import common
from ecert.commands.shown import document, show

__all__ = ["inspect"]


@click.command(short_help="show what a file holds · 查看文件内容（不作判定）")
@click.argument("file")
@click.option("--reveal", is_flag=True, help="show personal values · 显示个人信息")
@common
def inspect(console: Console, *, file: str, reveal: bool) -> int:
    """Show signatures, seals, data carriers and arithmetic of a PDF or OFD; nothing is judged.

    Exit: 0 done, 4 unreadable.
    """
    from ecert.documents import inspect_document
    from ecert.limits import Limits
    from ecert.report import Reason

    limits = Limits()
    facts = inspect_document(read_bytes(file, limits.file_bytes), limits)
    for found in (facts.format.recognized, facts.format.within_limits):
        if found.ok is not True and found.code is not None:
            raise Stop(Reason(found.code, found.params), exit_code=UNREADABLE, name=file)
    show(console, "ecert.facts/1", {"name": file, **document(facts)}, reveal=reveal)
    return 0
