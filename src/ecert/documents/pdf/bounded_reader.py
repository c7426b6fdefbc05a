"""pyHanko's file reader with a budget: its difference analysis lists every path to every object.

In a graph of n layers that refer to each other m times there are m^n paths, so a file of 20 KiB
can keep it busy for years. Every object handed out is counted here with all its values; when the
budget is spent, reading stops and the caller answers "unknown" (never-accept.md L15).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

__all__ = ["BUDGET", "AnalysisTooLong", "BoundedReader"]

BUDGET: Final = 400_000
"""Values visited in one file; a signed form of ten revisions needs some 50,000."""


class AnalysisTooLong(RuntimeError):
    """The budget is spent."""


class BoundedReader(PdfFileReader):
    """Hands out revisions that share one budget.

    Args:
        stream: the file.
        never_used: for each revision, numbers it declares free that were not in use before: null
            they were and null they stay, so that nothing was freed.

    """

    def __init__(self, stream: Any, *, never_used: Sequence[frozenset[int]] = ()) -> None:
        self.never_used = never_used
        self.left = BUDGET
        self._sizes: dict[int, tuple[Any, int]] = {}
        self._bounded: dict[int, _Counted] = {}
        super().__init__(stream, strict=True)

    def get_historical_resolver(self, revision: int) -> HistoricalResolver:
        """Return the state of the file at one revision."""
        if revision not in self._bounded:
            self._bounded[revision] = _Counted(self, revision)
        return self._bounded[revision]

    def spend(self, value: Any) -> None:
        """Count one object that is handed out.

        Raises:
            AnalysisTooLong: nothing is left.

        """
        known = self._sizes.get(id(value))
        if known is None:
            known = (value, _size(value))  # kept alive, so that its id stays its own
            self._sizes[id(value)] = known
        self.left -= known[1]
        if self.left < 0:
            raise AnalysisTooLong


class _Counted(HistoricalResolver):
    def get_object(
        self,
        ref: generic.Reference,
        as_metadata_stream: bool = False,  # noqa: FBT001, FBT002 - the library's signature
    ) -> Any:
        value = super().get_object(ref, as_metadata_stream=as_metadata_stream)
        self.reader.spend(value)  # type: ignore[attr-defined]
        return value

    def refs_freed_in_revision(self) -> Any:
        return self._without_never_used(super().refs_freed_in_revision())  # type: ignore[no-untyped-call]

    def explicit_refs_in_revision(self) -> Any:
        return self._without_never_used(super().explicit_refs_in_revision())  # type: ignore[no-untyped-call]

    def _without_never_used(self, found: Any) -> Any:
        known: Sequence[frozenset[int]] = self.reader.never_used  # type: ignore[attr-defined]
        never = known[self.revision] if self.revision < len(known) else frozenset[int]()
        return {reference for reference in found if reference.idnum not in never}


def _size(value: Any) -> int:
    """Return how many direct values an object holds, itself included."""
    total, queue = 0, [value]
    while queue:
        current = queue.pop()
        total += 1
        if isinstance(current, generic.DictionaryObject):
            queue.extend(dict.values(current))
        elif isinstance(current, generic.ArrayObject):
            queue.extend(list.__iter__(current))
    return total
