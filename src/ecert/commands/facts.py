"""`ecert facts FILE...`: what recognition reads of verified certificates, one JSON line each, no names (D9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecert.commands.console import REJECTS, Console
from ecert.commands.inputs import Inputs
from ecert.commands.options import common, read_instant, read_trust, trusting
from ecert.commands.progress import Progress
from ecert.commands.simulated import shown

if TYPE_CHECKING:
    from ecert.model import Profile
    from ecert.recognition.stored import Stored
    from ecert.trust.source import Trust

__all__ = ["facts"]


def _with_trust(function: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(trusting()):
        function = option(function)
    return function


@click.command(short_help="facts for a corpus · 提取互认事实")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--at", metavar="TIME", help="as of a time with zone · 按指定时间")
@click.option("--profiles", metavar="DIR",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="folder with more certificate types · 更多证照类型的目录")  # fmt: skip
@_with_trust
@common
def facts(
    console: Console,
    *,
    files: Sequence[str],
    at: str | None,
    profiles: Path | None,
    trust: str | None,
    root: str | None,
    floor: str | None,
) -> int:
    """Write what recognition reads of each authentic file as JSON Lines, for `ecert rules impact`.

    No names, no free text, no identifier of a holder or a certificate. A file whose authenticity does not
    pass is told on stderr and left out. Exit: 0 all written, 6 some left out; 2 usage, 5 trust unusable.
    """
    moment = read_instant(at) or datetime.now(UTC).replace(microsecond=0)
    believed = read_trust(trust, root=root, floor=floor)
    progress = Progress(console, zh="已读取 {n} 个", en="{n} files")
    left_out = 0
    for number, path in enumerate(Inputs(files), start=1):
        found = _facts(path, believed, moment, profiles)
        if isinstance(found, str):
            left_out += 1
            console.note(f"ecert: {shown(path)}: {console.sentence(found, {})}  [{found}]")
        else:
            console.emit_bytes((found.to_json() + "\n").encode("utf-8", "backslashreplace"))
        progress.show(number)
    return REJECTS if left_out else 0


def _facts(path: str, trust: Trust, at: datetime, profiles: Path | None) -> Stored | str:
    """Return the facts of one file, or the code why it has none."""
    from ecert.facade import Asking, examine
    from ecert.ids.region import NATION
    from ecert.recognition.stored import store
    from ecert.report import Axis, Verdict

    report, asked = examine(
        path, trust=trust, at=at, asking=Asking(relying=NATION, profiles=profiles)
    )
    if asked is None or report.axes[Axis.AUTHENTICITY].verdict is not Verdict.PASSED:
        return "facts.not_proven"
    profile = _profile(asked.profile_id, profiles)
    return store(asked, subject=report.subject.sha256, at=at, profile=profile)


def _profile(name: str | None, profiles: Path | None) -> Profile | None:
    from ecert.model.library import load_profile

    return load_profile(name, search=profiles) if name is not None else None
