"""L19: whatever a neighbour or the issuing side alone publishes, no answer becomes more accepting.

Every document of the worked federation is copied, stripped of what it asks for, given another version
and signed by somebody who may not speak for the relying side. Then every scenario is asked again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition.compiled import Compiled
from ecert.recognition.deciding import decide
from ecert.trust.equivalence import Equivalences
from ecert.trust.knowledge import Knowledge
from scenario_kit import Scenario, scenarios

RANKS = ("not_recognised", "undetermined", "recognised_with_conditions", "recognised")
OPEN = {
    "effect": "equivalent", "conditions": (), "exclusions": (), "min_assurance": "", "channels": (),
    "holder_kinds": (), "equivalences": Equivalences(), "grandfathering": "by-evaluation-time",
}  # fmt: skip
AGREEMENTS: dict[str, dict[str, Any]] = {
    "the same version": {},
    "an older version": {"version": "0"},
    "a newer version": {"version": "99"},
    "a newer version of one matter": {"version": "99", "matters": ("other",)},
    "a newer version for every matter": {"version": "99", "matters": ("*",), "types": ("*",)},
    "another name": {"agreement_id": "hostile", "matters": ("*",), "types": ("*",)},
    "a unilateral word": {"version": "99", "kind": "unilateral"},
}


def asked_across_provinces(scenario: Scenario) -> bool:
    given = scenario.body.get("certificate")
    if given is None or not given["issuing"] or scenario.body["federation"] != "chuanyu":
        return False
    return bool(given["issuing"][:2] != scenario.body["question"]["relying"][:2])


ALL = [s for s in scenarios() if asked_across_provinces(s)]


def copies(known: Knowledge, signer: str, change: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    by = {"signed_by": (signer,)}
    for number, one in enumerate(known.agreements):
        yield "agreements", replace(one, **OPEN | change | by, sha256=f"{number:064x}")
    for number, one in enumerate(known.deviations):
        lifted = {"exclude_types": (), "exclude_matters": (), "require": ()}
        new = {
            "version": 99,
            "division": signer,
            "information_only": False,
            "sha256": f"{number:064x}",
        }
        yield "deviations", replace(one, **lifted | new | by)
    for one in known.rules:
        yield "rules", replace(one, version=99, level="INFORM", sha256="r" * 64, **by)
    for one in known.code_tables:
        rows = tuple(replace(r, to="hostile", lossy=False) for r in one.rows)
        yield "code_tables", replace(one, version=99, owner=signer, rows=rows, **by)


@pytest.mark.parametrize("change", AGREEMENTS)
@pytest.mark.parametrize("signer", ["a neighbour", "the issuing side"])
def test_l19_no_document_of_others_makes_an_answer_more_accepting(signer: str, change: str) -> None:
    assert len(ALL) > 20
    for scenario in ALL:
        asked, known = scenario.asked(), scenario.knowledge
        assert asked.issuing is not None
        code = "440000" if signer == "a neighbour" else asked.issuing[:2] + "0000"
        more: dict[str, list[Any]] = {}
        for kind, copy in copies(known, code, AGREEMENTS[change]):
            more.setdefault(kind, []).append(copy)
        hostile = replace(known, **{k: (*getattr(known, k), *v) for k, v in more.items()})
        plain = decide(asked, Compiled(known), at=scenario.at)
        found = decide(asked, Compiled(hostile), at=scenario.at)
        if signer == "a neighbour":
            assert found.outcome == plain.outcome, scenario.name
        else:  # what it signed it may withdraw, so that a refusal may become "cannot tell"
            most = max(RANKS.index(plain.outcome), RANKS.index("undetermined"))
            assert RANKS.index(found.outcome) <= most, scenario.name
