"""Does the page say what the data say: each printed value found in the selectable text (L8).

A value counts where it stands as a whole: from the start of a word, or behind its own label or a
mark, to the end of a word or a mark; and no two values share characters. So 壹佰万元整 is not found in
伍仟壹佰万元整, nor a missing 长期 in the 长期 of another line. Blanks inside a value do not count: lines
are broken and characters spread. A value that only stands inside other text is not comparable, one
that stands nowhere differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ecert.model.profile import FaceRow
from ecert.report import OK, Outcome, failed, unknown

__all__ = ["Place", "compare_face", "find_places", "solid"]

Place = tuple[int, int] | Literal["absent", "inside"]
"""Where a value stands on a page."""

_UNSEEN = {ord("\u200b"): None}
_INNER = frozenset(".,-_/·@#")
"""Marks that hold one expression together: an identifier's part is not the identifier."""
_MAX_TEXT = 1_000_000
"""Characters compared; the longest scope of business fills some ten thousand."""
_TRIES = 4096
"""Places looked at for one value; a page of the same character over and over needs no more."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The text without blanks; ``starts`` has a 1 wherever a word begins, and at the end."""

    text: str
    starts: bytes

    @classmethod
    def of(cls, words: str) -> _Page:
        found = words.split()
        marks = (b"\x01" + bytes(len(word) - 1) for word in found)
        return cls("".join(found), b"".join(marks) + b"\x01")

    def begins(self, start: int, label: str) -> bool:
        """Whether a value may begin here: a word, or behind a mark or its label."""
        if self.starts[start] or _divides(self.text[start - 1]):
            return True
        return bool(label) and self.text.endswith(label, 0, start)

    def ends(self, end: int) -> bool:
        """Whether a value may end here: a word, or before a mark."""
        return bool(self.starts[end]) or _divides(self.text[end])


def compare_face(words: str, rows: Iterable[FaceRow]) -> Outcome:
    """Return whether every row's text stands on the page.

    Args:
        words: the selectable text, one blank between words.
        rows: what the profile prints.
    """
    places = find_places(words, rows)
    if not places:  # nothing compared is no agreement (L15)
        return unknown("face.not_comparable")
    missing = next((row for row, place in places if place == "absent"), None)
    if missing is not None:
        return failed("face.mismatch", field=missing.label)
    inside = next((row for row, place in places if place == "inside"), None)
    return OK if inside is None else unknown("face.not_comparable", field=inside.label)


def find_places(words: str, rows: Iterable[FaceRow]) -> list[tuple[FaceRow, Place]]:
    """Return where each row's text stands as a whole, the longest first.

    Places count the characters of `solid` words, as (first, behind the last); ``"absent"`` stands
    nowhere, ``"inside"`` only within other text. A page too long to compare has no places.
    """
    if len(words) > _MAX_TEXT:
        return []
    page = _Page.of(words.translate(_UNSEEN))
    taken: list[tuple[int, int]] = []
    found: list[tuple[FaceRow, Place]] = []
    for row in sorted(rows, key=lambda row: -len(row.text)):
        value = solid(row.text)
        place: Place = "absent"
        if value and value in page.text:
            whole = _whole(page, value, solid(row.label), taken)
            place = "inside" if whole is None else whole
            taken += [whole] if whole is not None else []
        found.append((row, place))
    return found


def _divides(mark: str) -> bool:
    return not mark.isalnum() and mark not in _INNER


def solid(text: str) -> str:
    """Return a text without blanks and characters of no width."""
    return "".join(text.translate(_UNSEEN).split())


def _whole(
    page: _Page, value: str, label: str, taken: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """Return where the value stands as a whole on characters of its own, or None."""
    start = page.text.find(value)
    for _ in range(_TRIES):
        if start < 0:
            return None
        end = start + len(value)
        free = all(end <= first or last <= start for first, last in taken)
        if free and page.begins(start, label) and page.ends(end):
            return start, end
        start = page.text.find(value, start + 1)
    return None
