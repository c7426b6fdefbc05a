"""Names what was changed after a signature: pages, annotations, fields, properties, attachments.

Two states of the file are taken apart and compared piece by piece; the rules that the signer set
(DocMDP: ISO 32000-2, 12.8.2.2; FieldMDP and /Lock: 12.8.2.4, 12.7.5.5) say which change they permit.
Where the states cannot be compared, that is said, and nothing may be taken for unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ecert.documents.changes import Change
from ecert.documents.pdf.inventory import Field, Inventory, Page

__all__ = ["QUIET", "FieldLock", "Rules", "compare"]

_MOST: Final = 20
"""Changes named; the rest are counted."""

_FILLING: Final = frozenset({"change.field_changed", "change.signature_added"})
_ANNOTATING: Final = frozenset(
    {"change.annotation_added", "change.annotation_removed", "change.annotation_changed"}
)
_LOCKED: Final = frozenset(
    {"change.field_changed", "change.field_removed", "change.signature_changed"}
)
_LEFT_ALONE: Final = frozenset({"change.form", "change.properties"})
"""Not held against a certification: signing itself touches them; L6 and L7 judge them."""
QUIET: Final = frozenset({"change.validation_data", "change.timestamp_added"})
"""What ISO 32000-2, 12.8.2.2 lets follow every certification."""


@dataclass(frozen=True, slots=True)
class FieldLock:
    """A set of fields that a signer locked.

    Args:
        action: ``All``, ``Include`` or ``Exclude``; anything else locks all.
        names: full names; each stands for the fields below it, too.

    """

    action: str
    names: tuple[str, ...] = ()

    def locks(self, name: str) -> bool:
        """Whether a field may not change any more."""
        if self.action not in {"Include", "Exclude"}:
            return True
        named = any(name == one or name.startswith(f"{one}.") for one in self.names)
        return named if self.action == "Include" else not named


@dataclass(frozen=True, slots=True)
class Rules:
    """What a signer set: certification level (1 to 3) and locks."""

    docmdp: int | None = None
    locks: tuple[FieldLock, ...] = field(default=())

    def judge(self, code: str, name: str | None) -> bool | None:
        """Return whether a change is permitted; None where no rule speaks of it."""
        if code in _LOCKED and name is not None and any(one.locks(name) for one in self.locks):
            return False
        return self.certified(code)

    def certified(self, code: str) -> bool | None:
        """Return whether the certification permits a change; None where it says nothing."""
        if code in QUIET:
            return True
        if self.docmdp is None or code in _LEFT_ALONE:
            return None
        allowed = {1: frozenset[str](), 2: _FILLING, 3: _FILLING | _ANNOTATING}
        return code in allowed[self.docmdp]


def compare(old: Inventory, new: Inventory, rules: Rules) -> tuple[Change, ...]:
    """Return the changes from one state to a later one, as many as can be told apart."""
    found: list[Change] = []

    def note(code: str, name: str | None = None, **params: Any) -> None:
        values = {**params, "name": name} if name is not None else params
        found.append(
            Change(
                code=code,
                params=tuple(sorted(values.items())),
                permitted=rules.judge(code, name),
            )
        )

    _pages(old, new, note)
    _fields(old, new, note)
    for name, kind in _differences(old.attachments, new.attachments):
        note(f"change.attachment_{kind}", name)
    for what, _ in _differences(old.properties, new.properties):
        note("change.properties", what=what)
    for what, _ in _differences(old.parts, new.parts):
        note("change.catalog", what=what)
    if old.form != new.form:
        note("change.form")
    if old.validation != new.validation:
        note("change.validation_data")
    if len(found) <= _MOST:
        return tuple(found)
    # The forbidden ones are named first; what is not named is counted.
    found.sort(key=lambda change: change.permitted is not False)
    more = Change(code="change.more", params=(("count", len(found) - _MOST),))
    return (*found[:_MOST], more)


Note = Callable[..., None]


def _differences(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield name, "added"
        elif name not in new:
            yield name, "removed"
        elif old[name] != new[name]:
            yield name, "changed"


def _pages(old: Inventory, new: Inventory, note: Note) -> None:
    for place, page in old.pages.items():
        if place not in new.pages:
            note("change.page_removed", page=page.number)
    for place, page in new.pages.items():
        before = old.pages.get(place)
        if before is None:
            note("change.page_added", page=page.number)
            continue
        if before.content != page.content:
            note("change.page_content", page=page.number)
        _annotations(before, page, new, note)
    kept = [place for place in old.pages if place in new.pages]
    if kept != [place for place in new.pages if place in old.pages]:
        note("change.page_order")


def _annotations(before: Page, page: Page, new: Inventory, note: Note) -> None:
    widgets = {place for one in new.fields.values() for place in one.places}
    for key in before.annotations.keys() | page.annotations.keys():
        old, now = before.annotations.get(key), page.annotations.get(key)
        if old == now:
            continue
        kind, _ = now or old or ("?", b"")
        if old is None and kind == "Widget" and key in widgets:
            continue  # named as the field it shows
        state = "added" if old is None else "removed" if now is None else "changed"
        note(f"change.annotation_{state}", page=page.number, kind=kind)


def _fields(old: Inventory, new: Inventory, note: Note) -> None:
    for name, before in old.fields.items():
        if name not in new.fields:
            note("change.field_removed", name)
        else:
            _field(name, before, new.fields[name], note)
    for name, now in new.fields.items():
        if name in old.fields:
            continue
        if now.signed is None:
            note("change.field_added", name)
        elif now.stamp:
            note("change.timestamp_added", name)
        else:
            note("change.signature_field_added", name)


def _field(name: str, before: Field, now: Field, note: Note) -> None:
    if before.signed != now.signed:
        if before.signed is not None:
            note("change.signature_changed", name)
        else:
            note("change.timestamp_added" if now.stamp else "change.signature_added", name)
    elif before.value != now.value or before.rest != now.rest or before.kind != now.kind:
        note("change.field_changed", name)
