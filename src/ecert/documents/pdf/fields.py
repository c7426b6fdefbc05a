"""Finds every signature dictionary of a PDF: through the form, and hidden anywhere else.

A signature that no form field reaches is listed all the same (never dropped); viewers would not
show it. Bounded against field trees that loop or fan out (ISO 32000-2, 12.7.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ecert.documents.pdf.objects import Found, dictionary, entry, name_of, text_of
from ecert.documents.pdf.values import Array, Body, Stream

__all__ = ["Candidate", "can_draw", "find_signatures", "has_place", "is_signature", "visible"]

_MAX_FIELDS: Final = 20_000
_MAX_DEPTH: Final = 32
_HIDDEN: Final = 0x02
_LARGEST_FLAGS: Final = 0x7FFFFFFF
"""Viewers take what does not fit into 32 bits for no flags, and show what these would hide."""
_LEVELS: Final = 2
_SIDES: Final = 4
_MAX_NUMBERS: Final = 6
_MAX_LOOKS: Final = 16
"""Appearances of one annotation: normal, rollover and down, each by its state."""
_SIGNATURE_TYPES: Final = frozenset({"Sig", "DocTimeStamp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One signature dictionary.

    Args:
        where: full field name, or the object number of a hidden one.
        value: the dictionary. owner: indirect object it stands in.
        referenced: number of form fields that have it as their value.
        draws: a widget of such a field has an area and an appearance.
        docmdp: certification level of its own reference, or None.

    """

    where: str
    value: Any
    owner: tuple[int, int]
    referenced: int
    draws: bool
    docmdp: int | None


@dataclass(slots=True)
class _Field:
    name: str
    value: Any
    owner: tuple[int, int]
    draws: bool


def is_signature(found: Found) -> bool:
    """Whether a dictionary is, or may pass as, a signature dictionary."""
    keys = found.keys
    if "ByteRange" in keys or {"Contents", "SubFilter"} <= keys:
        return True
    return "Type" in keys and name_of(entry(found.value, "Type")) in _SIGNATURE_TYPES


def find_signatures(body: Body, loose: Iterable[Found]) -> tuple[Candidate, ...]:
    """Return all signature dictionaries; ``loose`` are those met on the object walk."""
    fields = _signature_fields(body)
    result: list[Candidate] = []
    used: set[int] = set()
    for found in loose:
        matching = [
            index
            for index, field in enumerate(fields)
            if field.owner == found.owner and _same(field.value, found)
        ]
        used.update(matching)
        result.append(
            Candidate(
                where=fields[matching[0]].name if matching else f"object {found.owner[0]}",
                value=found.value,
                owner=found.owner,
                referenced=len(matching),
                draws=any(fields[index].draws for index in matching),
                docmdp=_docmdp(found.value),
            )
        )
    return tuple(result)


def _same(value: Any, found: Found) -> bool:
    if found.top:
        return bool(value.is_indirect)
    return not value.is_indirect and bool(value == found.value)


def _signature_fields(body: Body) -> list[_Field]:
    form = dictionary(entry(body.root, "AcroForm"))
    roots = entry(form, "Fields")
    result: list[_Field] = []
    queue: list[tuple[Any, str, str | None, int, tuple[int, int]]] = []
    form_owner = form.objgen if form is not None and form.is_indirect else body.root.objgen
    if isinstance(roots, Array):
        queue.extend((kid, "", None, 0, form_owner) for kid in reversed(list(roots)))
    seen: set[tuple[int, int]] = set()
    count = 0
    while queue and count < _MAX_FIELDS:
        field, prefix, kind, depth, parent = queue.pop()
        count += 1
        if dictionary(field) is None or depth > _MAX_DEPTH:
            continue
        owner = field.objgen if field.is_indirect else parent
        if field.is_indirect and owner in seen:
            continue
        seen.add(owner)
        own = text_of(entry(field, "T"))
        name = prefix if own is None else f"{prefix}.{own}" if prefix else own
        kind = name_of(entry(field, "FT")) or kind
        value = dictionary(entry(field, "V"))
        if kind == "Sig" and value is not None:
            place = value.objgen if value.is_indirect else owner
            result.append(_Field(name, value, place, any(visible(w) for w in _widgets(field))))
        kids = entry(field, "Kids")
        if isinstance(kids, Array):
            queue.extend((kid, name, kind, depth + 1, owner) for kid in reversed(list(kids)))
    return result


def _widgets(field: Any) -> list[Any]:
    kids = entry(field, "Kids")
    if isinstance(kids, Array):
        return [field, *kids]
    return [field]


def visible(widget: Any) -> bool:
    """Whether an annotation has an appearance that may be seen, and no flag that hides it.

    Where it has no area, its appearance is clipped away; but by a /BBox alone (pdfium).
    """
    looks = entry(widget, "AP")
    if looks is None or _hidden(widget):
        return False
    return has_place(widget) or not _clipped(looks, _LEVELS)


def _clipped(looks: Any, depth: int) -> bool:
    """Whether every appearance in a dictionary of them, or of their states, has a bounding box.

    A matrix that makes the box smaller than pdfium reckons with leaves it at its size.
    """
    if isinstance(looks, Stream):
        box, matrix = (_numbers(entry(looks, key)) for key in ("BBox", "Matrix"))
        upright = entry(looks, "Matrix") is None or matrix[:_SIDES] == (1, 0, 0, 1)
        return upright and len(box) == _SIDES
    if dictionary(looks) is None:
        return True
    if not depth or len(looks.raw) > _MAX_LOOKS:
        return False
    return all(_clipped(inner, depth - 1) for inner in looks.values())


def _numbers(value: Any) -> tuple[float, ...]:
    """Return the members of a short array of numbers, nothing for any other value."""
    if not isinstance(value, Array) or len(value) > _MAX_NUMBERS:
        return ()
    members = tuple(value)
    return members if all(type(one) in {int, float} for one in members) else ()


def can_draw(found: Found) -> bool:
    """Whether a dictionary is an annotation that may draw; one without an appearance may, too.

    Viewers draw the border of a link, and the background of a field (/MK) that has no appearance.
    """
    if "AP" in found.keys and entry(found.value, "AP") is not None:
        return visible(found.value)
    if not {"Rect", "Subtype"} <= found.keys:
        return False
    return name_of(entry(found.value, "Subtype")) != "Popup" and has_place(found.value)


def _hidden(widget: Any) -> bool:
    """Whether an annotation has the flag that hides it everywhere.

    NoView is none: pdfium draws such fields all the same.
    """
    flags = entry(widget, "F")
    return isinstance(flags, int) and 0 <= flags <= _LARGEST_FLAGS and bool(flags & _HIDDEN)


def has_place(widget: Any) -> bool:
    """Whether an annotation has an area and no flag that hides it on screen and on paper."""
    if _hidden(widget):
        return False
    rect = entry(widget, "Rect")
    if not isinstance(rect, Array) or len(rect) != 4:  # noqa: PLR2004 - two corners
        return True
    try:
        left, bottom, right, top = (float(side) for side in rect)
    except (TypeError, ValueError):
        return True
    return left != right and bottom != top


def _docmdp(signature: Any) -> int | None:
    references = entry(signature, "Reference")
    if not isinstance(references, Array):
        return None
    for reference in list(references)[:_MAX_DEPTH]:
        if name_of(entry(reference, "TransformMethod")) == "DocMDP":
            level = entry(entry(reference, "TransformParams"), "P")
            # ISO 32000-2, table 257: 2 where the entry is absent.
            return int(level) if isinstance(level, int) and level in {1, 2, 3} else 2
    return None
