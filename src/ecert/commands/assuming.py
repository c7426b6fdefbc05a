"""`--assume` and `--with`: what a simulated answer takes as true (recognition.md D9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecert.commands.console import USAGE, stop
from ecert.commands.files import read_bytes

if TYPE_CHECKING:
    from ecert.trust.store import TrustStore

__all__ = ["assuming", "read_assumed"]

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


def read_assumed(
    trust: TrustStore, assume: Sequence[str], drafts: Sequence[str], *, at: datetime | None
) -> TrustStore:
    """Return the trust in which everything assumed holds; itself where nothing is.

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
        return assumptions.assume(trust, [*read, *given])
    except ECertError as error:
        if not error.code.startswith("assume."):
            raise
        stop(error.code, exit_code=USAGE, **error.params)
