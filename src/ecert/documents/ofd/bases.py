"""Signatures that build on other ones: `Relative` in Signatures.xml (GB/T 33190, OFD 2.0).

A signature that is relative to another one is worth no more than that one: the base must be listed
once under its identifier, hold itself, and be covered, or it could be exchanged. A ring has no
first signature and cannot be judged. All outcomes go to ``structure``, which every judge asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ecert.documents.facts import SignatureFacts
from ecert.documents.ofd.arithmetic import worst
from ecert.documents.ofd.signatures import Found
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["with_bases"]

_SHOWN = 120


def with_bases(found: Sequence[Found]) -> tuple[Found, ...]:
    """Return the signatures, each relative one with what its bases say against it."""
    known: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        if one.ident is not None:
            known.setdefault((one.listing, one.ident), []).append(one)
    return tuple(_with_base(one, known) if one.relative is not None else one for one in found)


def _with_base(one: Found, known: dict[tuple[str, str], list[Found]]) -> Found:
    outcome, seen, here = OK, {id(one)}, one
    while here.relative is not None:
        shown = here.relative[:_SHOWN]
        bases = known.get((here.listing, here.relative), [])
        if len(bases) != 1 or id(bases[0]) in seen:
            outcome = worst(outcome, unknown("signature.base_missing", id=shown))
            break
        (base,) = bases
        outcome = worst(outcome, _standing(base.facts, shown))
        if base.xml not in here.covered:
            outcome = worst(outcome, unknown("signature.base_uncovered", id=shown))
        seen.add(id(base))
        here = base
    return replace(one, facts=replace(one.facts, structure=worst(one.facts.structure, outcome)))


def _standing(facts: SignatureFacts, shown: str) -> Outcome:
    """Return OK where the arithmetic of a base holds in every part."""
    parts = [facts.structure, facts.digest, facts.value, facts.signer_bound, facts.seal_file]
    if facts.seal is not None:
        parts += [facts.seal_digest, facts.seal_property, facts.seal.maker_signature]
    verdict = worst(*parts).ok
    if verdict is True:
        return OK
    code = "signature.base_broken" if verdict is False else "signature.base_unknown"
    return failed(code, id=shown) if verdict is False else unknown(code, id=shown)
