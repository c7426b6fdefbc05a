"""What signatures of one file mean for each other: only those that hold may follow another (L6).

None overwrites another's verdict: integrity stays each one's own. What is judged here is whether a
later signature dictionary is a signature at all, or one more change.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecert.documents.facts import SignatureFacts
from ecert.documents.pdf.coverage import Covered
from ecert.documents.pdf.fields import Candidate
from ecert.documents.pdf.revisions import forbidden
from ecert.documents.pdf.structure import Layout
from ecert.report.outcome import Outcome, failed, unknown

__all__ = ["judge_successors"]


def judge_successors(
    layout: Layout,
    placed: Sequence[tuple[Candidate, Covered]],
    facts: Sequence[SignatureFacts],
    answers: Sequence[Outcome],
) -> tuple[Outcome, ...]:
    """Return each signature's later changes, the other signatures of the file considered.

    Args:
        layout: the file's skeleton.
        placed: the signatures in the order of what they cover. facts: their arithmetic.
        answers: what else was changed after each.

    """
    judged = []
    for own, (_, covered) in enumerate(placed):
        later = [
            facts[index]
            for index, (found, _) in enumerate(placed)
            if index != own and not layout.stands_before(found.owner[0], covered.end)
        ]
        judged.append(_with_successors(answers[own], later))
    pairs = list(zip(facts, judged, strict=True))
    return tuple(
        _with_elders(changes, fact, pairs[:index]) for index, (fact, changes) in enumerate(pairs)
    )


def _with_successors(changes: Outcome, later: Sequence[SignatureFacts]) -> Outcome:
    """L6: signatures and time stamps may follow; what only calls itself one may not.

    One that is broken, or copied from another document, is a change like any other; one that
    cannot be read is not known to be a signature.
    """
    if changes.ok is False:
        return changes
    broken = next((one.where for one in later if _state(one) is False), None)
    if broken is not None:
        return failed("document.broken_signature_after", where=broken)
    unread = next((one.where for one in later if _state(one) is None), None)
    if unread is not None and changes.ok is True:
        return unknown("document.unread_signature_after", where=unread)
    return changes


def _with_elders(
    changes: Outcome, one: SignatureFacts, elders: Sequence[tuple[SignatureFacts, Outcome]]
) -> Outcome:
    """Who signs again does not heal an own signature whose document was changed against every rule.

    The later value covers the change and says nothing of it (ISO 32000-2, 12.8.2.2): a person must
    look. Another signer's fate is no concern of this one (L6).
    """
    for elder, outcome in elders:
        same = one.signer is not None and _key(elder) == _key(one)
        if same and _state(elder) is True and forbidden(outcome) and changes.ok is True:
            return unknown("document.altered_before", where=elder.where)
    return changes


def _key(one: SignatureFacts) -> str | None:
    return one.signer.spki_sha256 if one.signer is not None else None


def _state(one: SignatureFacts) -> bool | None:
    """Return what arithmetic says of a signature: it holds, it does not, or that is not known."""
    outcomes = [one.structure.ok, one.digest.ok, one.value.ok]
    if False in outcomes:
        return False
    return True if all(outcomes) else None
