"""`--assume` and `--with`: what a simulated answer takes as true (recognition.md D9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecert.commands.console import USAGE, Stop
from ecert.commands.files import read_bytes
from ecert.commands.options import read_trust, trusting
from ecert.report.check import Reason

if TYPE_CHECKING:
    from ecert.trust.source import Trust
    from ecert.trust.store import TrustStore

__all__ = ["assuming", "read_assumed", "read_simulated", "simulating", "whole"]

F = TypeVar("F", bound=Callable[..., Any])


def assuming(function: F) -> F:
    """Add the options of a simulation; the command gets ``assume`` and ``drafts``."""
    choices = (
        click.option(
            "--assume", multiple=True, metavar="WHAT",
            help="simulate: agreement:ID=repealed@DATE, issuer:CODE=suspended, rule:ID=off · 假设",
        ),
        click.option(
            "--with", "drafts", multiple=True, metavar="FILE",
            help="simulate with an unsigned draft (YAML or JSON) · 试用草案",
        ),
    )  # fmt: skip
    for option in reversed(choices):
        function = option(function)
    return function


def simulating(function: F) -> F:
    """Add the options of the commands that only simulate."""
    choices = (
        *trusting(),
        click.option("--matter", metavar="TEXT", help="service item · 办理事项"),
        click.option("--at", metavar="TIME", help="as of a time with zone · 按指定时间"),
        click.option("--profiles", metavar="DIR",
                     type=click.Path(exists=True, file_okay=False, path_type=Path),
                     help="folder with more certificate types · 更多证照类型的目录"),
    )  # fmt: skip
    function = assuming(function)
    for option in reversed(choices):
        function = option(function)
    return function


def whole(trust: Trust | TrustStore) -> TrustStore:
    """Return all of a trust: a simulation asks about every region."""
    from ecert.trust.source import Need
    from ecert.trust.store import TrustStore

    return trust if isinstance(trust, TrustStore) else trust.narrowed(Need())


def read_assumed(
    trust: Trust, assume: Sequence[str], drafts: Sequence[str], *, at: datetime | None
) -> Trust:
    """Return the trust in which everything assumed holds, read whole; itself where nothing is assumed.

    Args:
        at: the judged instant; None is now.

    Raises:
        Stop: an assumption that cannot be read, or about nothing known (exit 2).
    """
    if not assume and not drafts:
        return trust
    from ecert.errors import ECertError
    from ecert.limits import Limits
    from ecert.recognition import assumptions

    moment = at or datetime.now(UTC).replace(microsecond=0)
    try:
        read = [
            assumptions.parse_draft(read_bytes(path, Limits().trust_file_bytes), path)
            for path in drafts
        ]
        given = [assumptions.parse_assumption(text, at=moment) for text in assume]
        return assumptions.assume(whole(trust), [*read, *given])
    except ECertError as error:
        if not error.code.startswith("assume."):
            raise
        reason = Reason.of(error.code, **error.params)
        raise Stop(reason, exit_code=USAGE) from error


def read_simulated(given: Mapping[str, Any], *, at: datetime) -> TrustStore:
    """Return the trust that the options of `simulating` name, whole, with everything assumed in it."""
    trust = read_trust(given["trust"], root=given["root"], floor=given["floor"])
    return whole(read_assumed(trust, given["assume"], given["drafts"], at=at))
