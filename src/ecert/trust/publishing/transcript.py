"""``transcript.jsonl``: what was done in a workspace, each record bound to the one before it.

One canonical JSON object a line: number, time, act, its particulars, and the SHA-256 of the line
before. Who notes the head of the transcript after a ceremony can later tell whether anything before
it was changed, left out or put in. It is a record, not authority: nothing is trusted because of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecert.errors import MalformedInput, TrustError
from ecert.model.canonical import canonical_bytes, parse_json
from ecert.trust.reading import sha256_hex

__all__ = ["Entry", "appended", "head", "read_transcript"]

_FIRST = "0" * 64
_MEMBERS = {"n", "at", "act", "detail", "prev"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act."""

    number: int
    at: str
    act: str
    detail: Mapping[str, Any]


def read_transcript(data: bytes) -> tuple[Entry, ...]:
    """Return the acts, oldest first.

    Raises:
        TrustError: ``publish.transcript`` naming the first line that does not follow.
    """
    found: list[Entry] = []
    before = _FIRST
    for number, line in enumerate(data.split(b"\n")[:-1] if data else [], 1):
        found.append(_entry(line, number, before))
        before = sha256_hex(line)
    if data and not data.endswith(b"\n"):
        raise _broken(len(found) + 1)
    return tuple(found)


def _entry(line: bytes, number: int, before: str) -> Entry:
    try:
        body = parse_json(line)
    except MalformedInput as error:
        raise _broken(number) from error
    if (
        not isinstance(body, dict)
        or set(body) != _MEMBERS
        or canonical_bytes(body) != line
        or (body["n"], body["prev"]) != (number, before)
        or not isinstance(body["detail"], dict)
    ):
        raise _broken(number)
    return Entry(number=number, at=str(body["at"]), act=str(body["act"]), detail=body["detail"])


def _broken(number: int) -> TrustError:
    return TrustError(
        "publish.transcript",
        f"line {number} of the transcript does not follow from the line before it",
        params={"line": number},
    )


def appended(data: bytes, act: str, detail: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the transcript with one more act; a broken one is never continued."""
    count = len(read_transcript(data))
    lines = data.split(b"\n")
    line = canonical_bytes(
        {
            "n": count + 1,
            "at": at.isoformat(),
            "act": act,
            "detail": dict(detail),
            "prev": sha256_hex(lines[-2]) if count else _FIRST,
        }
    )
    return data + line + b"\n"


def head(data: bytes) -> str:
    """Return the digest of the last line, to note down and compare later."""
    lines = data.split(b"\n")
    return sha256_hex(lines[-2]) if len(lines) > 1 else _FIRST
