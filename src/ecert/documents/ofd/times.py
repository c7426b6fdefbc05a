"""Times that one signature states in two places: Signature.xml and the signed structure.

Real files write local time with a Z into SignatureDateTime (eseal-crypto.md 6.1, item 8). The zone of
that text is never believed; where it contradicts the signed time it is named, and the judge takes
an interval (L11).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ecert.crypto.times import ZONELESS_SLACK, TimeClaim, parse_claim
from ecert.documents.facts import SignatureFacts
from ecert.report.outcome import Outcome

__all__ = ["WRITTEN", "read_written", "time_notes"]

WRITTEN = "SignatureDateTime"
_ONE_ACT = timedelta(minutes=5)
"""Clocks of one act of signing differ by seconds."""
_SHOWN = 64


def read_written(text: str) -> TimeClaim:
    """Return SignatureDateTime as an interval: a Z is not believed."""
    claim = parse_claim(text.removesuffix("Z"), WRITTEN)
    return replace(claim, text=text[:_SHOWN])


def time_notes(signatures: Sequence[SignatureFacts]) -> tuple[Outcome, ...]:
    """Return a note for each signature whose times disagree."""
    return tuple(note for one in signatures for note in _notes(one))


def _notes(one: SignatureFacts) -> Iterator[Outcome]:
    written = next((c for c in one.times if c.source == WRITTEN), None)
    signed = next((c for c in one.times if c.source != WRITTEN and c.earliest and c.latest), None)
    if written is None or written.earliest is None or written.latest is None or signed is None:
        return
    assert signed.earliest is not None
    assert signed.latest is not None
    if _false_zone(written.text, signed.earliest):
        yield _note("ofd.false_zone", written, signed)
    elif max(written.earliest - signed.latest, signed.earliest - written.latest) > _ONE_ACT:
        yield _note("ofd.times_differ", written, signed)


def _false_zone(text: str, signed: datetime) -> bool:
    stated = parse_claim(text, WRITTEN).earliest
    if not text.endswith("Z") or stated is None:
        return False
    return abs(stated - signed - ZONELESS_SLACK) <= _ONE_ACT


def _note(code: str, written: TimeClaim, signed: TimeClaim) -> Outcome:
    return Outcome(ok=True, code=code, params=(("signed", signed.text), ("written", written.text)))
