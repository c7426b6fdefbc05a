"""Two checks where a rule is published or loaded from a bundle: whose it is, and how soon it starts.

Both need what a rule cannot say of itself: for whom its signers speak, and when it became known.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ecert.errors import TrustError
from ecert.trust.rule import Rule

__all__ = ["NOTICE", "check_notice", "check_owner"]

NOTICE = timedelta(hours=48)
"""How long before its start a rule must be known, so that offline offices switch on time (D5)."""


def check_owner(rule: Rule, territories: tuple[str, ...]) -> None:
    """Refuse a rule whose owner is none of the regions for which its signers speak (D5, L19).

    Raises:
        TrustError: ``rule.owner``.
    """
    if rule.owner not in territories:
        raise TrustError(
            "rule.owner",
            f"{rule.rule_id}: owner {rule.owner}, signed for {', '.join(territories) or '-'}",
            params={
                "rule": rule.rule_id,
                "owner": rule.owner,
                "signer": ", ".join(territories) or "-",
            },
            hint="let the role of the owner's own region sign it",
        )


def check_notice(rule: Rule, published: datetime) -> None:
    """Refuse a rule that starts too soon after it became known; an invalidation may be an emergency.

    Args:
        published: when it became known: of a bundle the time of the metadata that first list it, not
            what the rule says of itself.

    Raises:
        TrustError: ``rule.notice``.
    """
    urgent = rule.kind == "invalidation" and rule.notice is not None and rule.notice.emergency
    if urgent or rule.valid_from is None or rule.valid_from - published >= NOTICE:
        return
    raise TrustError(
        "rule.notice",
        f"{rule.rule_id}: starts at {rule.valid_from.isoformat()}",
        params={
            "rule": rule.rule_id,
            "published": published.isoformat(),
            "start": rule.valid_from.isoformat(),
            "hours": NOTICE // timedelta(hours=1),
        },
        hint="let it start later",
    )
