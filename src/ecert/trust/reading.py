"""Small strict readers shared by the files of a trust folder: members, instants, digests, pins."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from ecert.errors import TrustError

__all__ = ["Node", "Window", "bad", "sha256_hex", "state_at", "windows"]

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")

Window = tuple[str, datetime, datetime | None]
"""A state with its first instant and its end; half-open, None for open."""


def sha256_hex(data: bytes) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def bad(source: str, path: str, what: str) -> TrustError:
    """Return the error for an unusable member of a trust file."""
    return TrustError(
        "trust.invalid_file",
        f"{source}: {path or 'file'} {what}",
        params={"source": source, "path": path or "file", "what": what},
        hint="correct the file; a trust folder is used whole or not at all",
    )


class Node:
    """A mapping of a trust file with its place; unknown members are refused."""

    __slots__ = ("_body", "path", "source")

    def __init__(self, body: Any, source: str, path: str, members: set[str]) -> None:
        if not isinstance(body, Mapping):
            raise bad(source, path, "must be a mapping")
        extra = sorted(set(body) - members)
        if extra:
            raise bad(source, f"{path}.{extra[0]}".lstrip("."), "is not a known member")
        self._body, self.source, self.path = body, source, path

    def at(self, name: str) -> str:
        """Return the path of a member, for messages."""
        return f"{self.path}.{name}".lstrip(".")

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._body.get(name) is not None

    def is_text(self, name: str) -> bool:
        """Whether the member is a text, where it may be a list too."""
        return isinstance(self._body.get(name), str)

    def value(self, name: str) -> Any:
        """Return a member as it stands, or None; the caller checks it."""
        return self._body.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text member; required when no default is given."""
        value = self._body.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise bad(self.source, self.at(name), "must be a text")
        return value

    def choice(self, name: str, options: tuple[str, ...], default: str | None = None) -> str:
        """Return a text member that is one of ``options``."""
        value = self.text(name, default)
        if value not in options:
            raise bad(self.source, self.at(name), f"is one of {', '.join(options)}")
        return value

    def items(self, name: str) -> list[Any]:
        """Return a list member; empty when absent."""
        value = self._body.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad(self.source, self.at(name), "must be a list")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self.items(name)
        if not all(isinstance(v, str) and v for v in values):
            raise bad(self.source, self.at(name), "must be a list of texts")
        return tuple(values)

    def integer(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number member of at least ``least``; required when no default is given."""
        value = self._body.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise bad(self.source, self.at(name), f"must be a whole number, {least} or more")
        return value

    def truth(self, name: str) -> bool:
        """Return a true or false member; false when absent."""
        value = self._body.get(name, False)
        if not isinstance(value, bool):
            raise bad(self.source, self.at(name), "must be true or false")
        return value

    def number(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number that may stand as text, as YAML gives it (documents people write)."""
        value = self._body.get(name)
        if not isinstance(value, str):
            return self.integer(name, default, least=least)
        if not _WHOLE.fullmatch(value) or int(value) < least:
            raise bad(self.source, self.at(name), f"must be a whole number, {least} or more")
        return int(value)

    def flag(self, name: str) -> bool:
        """Return a true or false that may stand as text, as YAML gives it; false when absent."""
        value = self._body.get(name, False)
        return value == "true" if value in ("true", "false") else self.truth(name)

    def member(self, name: str) -> Any:
        """Return a member as it is; None when absent."""
        return self._body.get(name)

    def names(self, name: str) -> tuple[str, ...]:
        """Return the names of a mapping whose members are named by the file; empty when absent."""
        value = self._body.get(name, {})
        if not isinstance(value, Mapping):
            raise bad(self.source, self.at(name), "must be a mapping")
        return tuple(value)

    def node(self, name: str, members: set[str]) -> Node:
        """Return a mapping member."""
        return Node(self._body.get(name), self.source, self.at(name), members)

    def nodes(self, name: str, members: set[str]) -> list[Node]:
        """Return a list of mappings."""
        return [
            Node(v, self.source, f"{self.at(name)}[{i}]", members)
            for i, v in enumerate(self.items(name))
        ]

    def instant(self, name: str) -> datetime:
        """Return an instant: ISO 8601 with a zone; dates alone are refused (L12)."""
        text = self.text(name)
        if not _INSTANT.fullmatch(text):  # Python reads more forms than other programs do
            raise bad(self.source, self.at(name), "must be an ISO 8601 time with a zone, e.g. Z")
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise bad(self.source, self.at(name), "must be an ISO 8601 time") from None

    def instant_or_none(self, name: str) -> datetime | None:
        """Return an instant, or None when the member is absent."""
        return self.instant(name) if self.has(name) else None


def windows(node: Node, states: tuple[str, ...]) -> tuple[Window, ...]:
    """Return ``history`` plus the current status, oldest first (D3, D4: half-open, contiguous)."""
    found: list[Window] = []
    for past in node.nodes("history", {"status", "from", "to", "reason", "basis"}):
        start, end = past.instant("from"), past.instant("to")
        if end <= start:
            raise bad(past.source, past.at("to"), "must be after from")
        found.append((past.choice("status", states), start, end))
    found.sort(key=lambda w: w[1])
    found.append((node.choice("status", states), node.instant("status_start"), None))
    for earlier, later in pairwise(found):
        if earlier[2] != later[1]:
            raise bad(node.source, node.at("history"), "has a gap or an overlap")
    return tuple(found)


def state_at(found: tuple[Window, ...], moment: datetime) -> str | None:
    """Return the state at an instant, or None outside every window."""
    for state, start, end in found:
        if start <= moment and (end is None or moment < end):
            return state
    return None
