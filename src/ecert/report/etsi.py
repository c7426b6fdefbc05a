"""A report as ETSI EN 319 102-1 V1.4.1 would say it: one indication and sub-indication per signature.

A projection of the tree, not a second engine. Names are the closed list of Table 6; the order is that
of clause 5.3.4 (step numbers below), with clause 5.2.6.4 inside step 4 and clause 5.5.4 at the end.
It refuses to say more than the tree: TOTAL-FAILED only where one of our own checks FAILED, TOTAL-PASSED
only where every check of that signature PASSED, whatever weight the policy gave it, and by a rule that the
standard has too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ecert.report.check import Check
from ecert.report.codes import info
from ecert.report.verdict import Verdict

__all__ = ["CUSTOM", "INDETERMINATE", "ORDER", "TOTAL_FAILED", "Projection", "project"]

Indication = Literal["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"]

CUSTOM = "CUSTOM"
"""Table 6: a reason that none of the standard's names fits."""
_STEPS = (
    ("FORMAT_FAILURE",),  # 1) 5.2.2 format checking
    ("NO_SIGNING_CERTIFICATE_FOUND",),  # 2) 5.2.3 identification of the signing certificate
    ("POLICY_PROCESSING_ERROR", "SIGNATURE_POLICY_NOT_AVAILABLE"),  # 3) 5.2.4
    # 5) 5.2.7 cryptographic verification; what step 4) found is kept back until it holds (NOTE 2)
    ("SIGNED_DATA_NOT_FOUND", "HASH_FAILURE", "SIG_CRYPTO_FAILURE"),
    # 4) 5.2.6.4 X.509: chain, revocation, path, freshness, constraints, validity
    ("NO_CERTIFICATE_CHAIN_FOUND", "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"),
    ("REVOKED", "REVOKED_NO_POE", "REVOKED_CA_NO_POE", "CERTIFICATE_CHAIN_GENERAL_FAILURE"),
    ("TRY_LATER", "CHAIN_CONSTRAINTS_FAILURE"),
    ("NOT_YET_VALID", "EXPIRED", "OUT_OF_BOUNDS_NOT_REVOKED", "OUT_OF_BOUNDS_NO_POE"),
    ("REVOCATION_OUT_OF_BOUNDS_NO_POE",),
    # 6) 5.2.8 signature acceptance validation
    ("SIG_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
    ("TIMESTAMP_ORDER_FAILURE", "NO_POE"),  # 5.5.4 signatures with time
    (CUSTOM,),
)
ORDER = tuple(name for step in _STEPS for name in step)
"""Every sub-indication of Table 6; of several that apply to one signature the first is given."""
TOTAL_FAILED = (
    "FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID",
)  # fmt: skip
INDETERMINATE = tuple(name for name in ORDER if name not in TOTAL_FAILED)

_INDEXED = re.compile(r"(signature|signer|seal|time)\[(\d+)\]")
_ASKED = {"signature", "signer", "time"}
"""Nothing passes of which one of these was not looked at (L15)."""
_SILENT = ("picture",)
"""What a seal's picture looks like is no business of the standard."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What the standard would say of one signature; no sub-indication where it passes."""

    indication: Indication
    sub_indication: str | None

    def text(self) -> str:
        """Return both words, as the standard writes them together."""
        return "/".join(filter(None, (self.indication, self.sub_indication)))


def _open(group: Check) -> Iterator[Check]:
    """Yield what says why it did not pass, and what passed by a rule that the standard does not have."""
    for check in group.walk():
        if check.id.rsplit(".", 1)[-1] in _SILENT or check.verdict is Verdict.NOT_APPLICABLE:
            continue
        noted = any(info(r.code).etsi in INDETERMINATE for r in check.reasons)
        if check.reasons and (check.verdict is not Verdict.PASSED or noted):
            yield check


def _name(check: Check, code: str) -> str:
    """Return the sub-indication of one reason: never a failure that our own check did not find."""
    name = info(code).etsi or CUSTOM
    return CUSTOM if name in TOTAL_FAILED and check.verdict is not Verdict.FAILED else name


def _projected(groups: list[Check]) -> Projection:
    names = {_name(c, r.code) for g in groups for c in _open(g) for r in c.reasons}
    kinds = {g.id.split("[")[0] for g in groups}
    if not kinds >= _ASKED:
        names.add(CUSTOM)
    if not names:
        return Projection("TOTAL-PASSED", None)
    first = min(names, key=ORDER.index)
    return Projection("TOTAL-FAILED" if first in TOTAL_FAILED else "INDETERMINATE", first)


def project(root: Check) -> dict[int, Projection]:
    """Return the projection of each signature that the tree judges, by its index.

    The container's own checks (``format``) are part of step 1 for every signature.
    """
    common: list[Check] = []
    own: dict[int, list[Check]] = {}
    for group in root.children[0].children if root.children else ():
        found = _INDEXED.fullmatch(group.id)
        if found:
            own.setdefault(int(found[2]), []).append(group)
        elif group.id == "format":
            common.append(group)
    return {index: _projected([*common, *groups]) for index, groups in own.items()}
