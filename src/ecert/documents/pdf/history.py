"""Holds the state that a signer signed against the file as it came: what was changed, and may it be.

pyHanko's difference analysis and this comparison are independent; only what both find harmless is
harmless (L6, L24). Where the signed state cannot be read again, nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ecert.documents.changes import Change
from ecert.documents.pdf.changes import QUIET, FieldLock, Rules, compare
from ecert.documents.pdf.coverage import Covered
from ecert.documents.pdf.fields import Candidate
from ecert.documents.pdf.inventory import Inventory, take_inventory
from ecert.documents.pdf.lexer import Node
from ecert.documents.pdf.objects import LIBRARY_ERRORS, entry, name_of, text_of
from ecert.documents.pdf.revisions import forbidden, too_large
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.values import Array, Body, Place
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import Outcome, failed, unknown

__all__ = ["History", "certain"]

_MAX_STATES: Final = 16
"""States read again: an archive of ten years has some ten time stamps."""
_MAX_READ: Final = 2 * 1024 * 1024
"""Bytes outside of streams read again for all states together: one MiB takes a second."""
_MAX_NAMES: Final = 1000
_HARMLESS: Final = QUIET | {
    "change.signature_added",
    "change.signature_field_added",
    "change.rewritten",
}
"""Changes that pyHanko may find harmless: signatures that draw nothing, and what they bring."""


_DRAWING: Final = ("change.page_", "change.annotation_")


@dataclass(slots=True)
class History:
    """Compares the states of one file; each is read once."""

    data: bytes
    layout: Layout
    limits: Limits
    _states: dict[int, Inventory | None] = field(default_factory=dict)
    _repaired: set[int] = field(default_factory=set)

    def changes(
        self, found: Candidate, covered: Covered, docmdp: int | None
    ) -> tuple[Change, ...] | None:
        """Return what came after a signature; None where its state cannot be read again."""
        section = covered.section
        if section is None or too_large(self.layout):
            return None
        last = len(self.layout.sections) - 1
        new, old = self._state(last, found.value.body), self._state(section)
        if old is None or new is None:
            return None
        rules = _rules(found, old, docmdp)
        changes = compare(old, new, rules)
        if section in self._repaired:
            changes = (*changes, Change(code="change.unread"))
        if changes:
            return (*changes, *_against(changes, rules))
        count = len({n for one in self.layout.sections[section + 1 :] for n in one.entries if n})
        return (Change(code="change.rewritten", params=(("count", count),)),)

    def _state(self, section: int, body: Body | None = None) -> Inventory | None:
        if section not in self._states:
            self._states[section] = None if self._full() else self._read(section, body)
        return self._states[section]

    def _full(self) -> bool:
        """Whether no further state may be read; the signed and the last one always may."""
        known = len(self._states)
        return known >= _MAX_STATES or (known > 1 and known * self.layout.text_bytes > _MAX_READ)

    def _read(self, section: int, body: Body | None) -> Inventory | None:
        from ecert.documents.pdf.general import read_general  # qpdf, for these files alone

        end = self.layout.ends[section]
        if body is None and end is None:
            return None
        try:
            if body is None:
                body = read_general(self.data[:end], self.limits)
                if body.warnings:  # other readers may see another state
                    self._repaired.add(section)
            return take_inventory(body, _info(self.layout, section))
        except (MalformedInput, *LIBRARY_ERRORS):
            return None


def certain(answer: Outcome, changes: tuple[Change, ...] | None) -> Outcome:
    """Return the graver of two independent findings: pyHanko's answer and the named changes."""
    named = changes or ()
    drawn = any(one.code.startswith(_DRAWING) for one in named)
    broken = forbidden(answer) or any(one.permitted is False for one in named)
    if broken:
        if drawn or answer.code == "document.drawn_after_issuer":
            return failed("document.drawn_after_issuer", forbidden=True)
        return failed("document.changed_after")
    if answer.ok is False:
        return answer
    if answer.ok is None:
        return failed("document.drawn_after_issuer") if drawn else answer
    if changes is None:
        return unknown("pdf.analysis_impossible", reason="state")
    odd = [one for one in changes if one.code not in _HARMLESS]
    return unknown("document.changes_disagree", count=len(odd)) if odd else answer


def _against(changes: Sequence[Change], rules: Rules) -> Iterator[Change]:
    """Name the rules that were broken: the certification with a count, each locked field."""
    names = [dict(one.params).get("name") for one in changes if one.permitted is False]
    for name in dict.fromkeys(str(name) for name in names if name is not None):
        if any(lock.locks(name) for lock in rules.locks):
            yield Change(code="change.locked", params=(("name", name),))
    count = sum(1 for one in changes if rules.certified(one.code) is False)
    if count:
        level = rules.docmdp
        yield Change(code="change.not_certified", params=(("count", count), ("level", level)))


def _info(layout: Layout, section: int) -> Place | None:
    """Return where the information dictionary of one state stands."""
    for one in reversed(layout.sections[: section + 1]):
        node: Node | None = one.trailer.get(b"Info")
        if node is not None:
            parts = node.raw.split()
            return (int(parts[0]), int(parts[1])) if node.kind == "ref" else None
    return None


def _rules(found: Candidate, old: Inventory, docmdp: int | None) -> Rules:
    """Return what a signature set: by its own references, and by the /Lock of its field.

    A lock may bring a certification level of its own (ISO 32000-2, 12.7.5.5); the strictest counts.
    """
    levels = {docmdp} if docmdp is not None else set[int]()
    references = entry(found.value, "Reference")
    locks = [
        _lock(entry(reference, "TransformParams"))
        for reference in (references if isinstance(references, Array) else ())
        if name_of(entry(reference, "TransformMethod")) == "FieldMDP"
    ]
    for one in old.fields.values():
        if one.lock is not None and one.signed is not None and one.owner == found.owner:
            locks.append(_lock(one.lock))
            level = entry(one.lock, "P")
            levels |= {level} & {1, 2, 3} if isinstance(level, int) else set()
    return Rules(min(levels, default=None), tuple(locks))


def _lock(value: Any) -> FieldLock:
    named, action = entry(value, "Fields"), name_of(entry(value, "Action")) or ""
    names = [text_of(item) for item in (named if isinstance(named, Array) else ())]
    if None in names or len(names) > _MAX_NAMES:
        return FieldLock("All")
    return FieldLock(action, tuple(name for name in names if name is not None))
