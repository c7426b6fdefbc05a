"""Whether an agreement was in force on the day of issue, and is at the evaluated time.

Windows are half-open to the second. The day of issue is an Asia/Shanghai day (L12): the answer must
hold throughout it. Versions of one agreement form a lineage: at each instant the highest version
that has started speaks, so that a later version may lie in the folder before it starts (D10).

1. At the evaluated time: pending or not begun, suspended: FAILED. 2. Repealed: FAILED, unless
grandfathering says otherwise. 3. Enacted: so it must have been on the day of issue, unless
grandfathering says otherwise. Every use of grandfathering needs a firm time (L11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ecert.ids import first_instant, last_instant
from ecert.recognition.asked import FIRM, Asked
from ecert.report import OK, Outcome, failed, unknown
from ecert.trust.agreement import Agreement

__all__ = ["Covers", "force_of", "speaking_at"]

Covers = Callable[[Agreement], bool | None]
_SILENT = (None, "pending")
_DOUBTED = "doubted"
"""One side alone signed what spoke then: neither in force nor out of it, so that no wider one answers."""
_ENACTED = "enacted"


def speaking_at(lineage: Sequence[Agreement], moment: datetime) -> tuple[Agreement, ...]:
    """Return the version that speaks at an instant; several if two claim one version number."""
    if len(lineage) == 1:
        return tuple(lineage)
    started = [a for a in lineage if a.state_at(moment) not in _SILENT] or list(lineage)
    newest = max(a.order for a in started)
    return tuple(a for a in started if a.order == newest)


def force_of(
    agreement: Agreement,
    lineage: Sequence[Agreement],
    asked: Asked,
    *,
    at: datetime,
    covers: Covers,
) -> Outcome:
    """Return whether an agreement is in force for a question.

    Args:
        agreement: the version that speaks at ``at``. covers: whether a version has such an edge; None
            where one side alone signed it.
    """
    now = agreement.state_at(at)
    if now == _ENACTED and agreement.effect == "refuse":
        return OK
    if now in _SILENT or now == "suspended":
        return _not_enacted(agreement, now, at)
    then = _states_on_issue(lineage, asked, covers)
    if now == "repealed":
        return _after_repeal(agreement, asked, at, _stand(agreement, asked, then))
    if then == {_ENACTED}:
        return OK
    return _before_enactment(agreement, asked, _stand(agreement, asked, then))


def _states_on_issue(lineage: Sequence[Agreement], asked: Asked, covers: Covers) -> set[str | None]:
    """Return every state that the lineage had during the day of issue, for this question."""
    if asked.issue_date is None:
        return set()
    first, last = first_instant(asked.issue_date), last_instant(asked.issue_date)
    edges = {w[1] for a in lineage for w in a.windows if first < w[1] <= last}
    return {_state(lineage, moment, covers) for moment in (first, *edges)}


def _state(lineage: Sequence[Agreement], moment: datetime, covers: Covers) -> str | None:
    speaking = speaking_at(lineage, moment)[0]
    state = speaking.state_at(moment)
    covered = covers(speaking) if state not in _SILENT else True
    if covered is None:
        return _DOUBTED
    return state if state != _ENACTED or covered else None


def _stand(agreement: Agreement, asked: Asked, then: set[str | None]) -> Outcome:
    """Return OK if the agreement was enacted throughout the day of issue, else why not."""
    if asked.issue_date is None:
        return unknown("agreement.issue_date_unknown")
    if len(then) > 1:
        return unknown("agreement.issue_day_split", day=asked.issue_date.isoformat())
    state = next(iter(then))
    if state == _ENACTED:
        return OK
    if state == _DOUBTED:
        shown = {"agreement": agreement.agreement_id, "day": asked.issue_date.isoformat()}
        return unknown("agreement.one_side_at_issue", **shown)
    return _not_enacted(agreement, state, first_instant(asked.issue_date))


def _after_repeal(agreement: Agreement, asked: Asked, at: datetime, then: Outcome) -> Outcome:
    """Issued while it was in force, asked after its repeal."""
    kept = agreement.grandfathering == "by-issue-time" or (
        agreement.cut_off is not None and at < agreement.cut_off
    )
    if not kept or then.ok is False:
        return _not_enacted(agreement, "repealed", at)
    if then.ok is None:
        return then
    if asked.signed_by is None or agreement.state_at(asked.signed_by) != _ENACTED:
        return unknown("agreement.grandfathering_no_poe", agreement=agreement.agreement_id)
    return _grandfathered(agreement, asked)


def _before_enactment(agreement: Agreement, asked: Asked, then: Outcome) -> Outcome:
    """In force now, but not (or not knowably) when the certificate was issued."""
    if agreement.grandfathering == "by-evaluation-time":
        return _grandfathered(agreement, asked)
    return then


def _grandfathered(agreement: Agreement, asked: Asked) -> Outcome:
    params = (("agreement", agreement.agreement_id),)
    if asked.grade not in FIRM:
        return unknown("agreement.grandfathering_no_poe", agreement=agreement.agreement_id)
    return Outcome(ok=True, code="agreement.grandfathered", params=params)


def _not_enacted(agreement: Agreement, state: str | None, moment: datetime) -> Outcome:
    window = next(
        (
            w
            for w in agreement.windows
            if w[0] == state and w[1] <= moment and _before(moment, w[2])
        ),
        None,
    )
    shown = {
        "agreement": agreement.agreement_id,
        "moment": moment.isoformat(),
        "basis": str(agreement.basis[0]),
    }
    if state in ("suspended", "repealed"):
        since = window[1].isoformat() if window else "-"
        return failed(f"agreement.{state}", since=since, **shown)
    start = next((w[1].isoformat() for w in agreement.windows if w[0] == _ENACTED), "-")
    return failed("agreement.not_in_force", start=start, **shown)


def _before(moment: datetime, end: datetime | None) -> bool:
    return end is None or moment < end
