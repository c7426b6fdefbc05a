"""Write tests/vectors/recognition/recognition.json: agreements and a question in, axis and codes out.

Expected answers are written here by hand from the decision table and recognition.md D4-D12.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from recognition_kit import CARD, LICENCE, body, edge

AT = "2026-06-01T04:00:00+00:00"
QUESTION = {
    "relying": "310000",
    "matter": "company.change",
    "issuing": "350100",
    "type_code": LICENCE,
    "profile_id": "business_license",
    "issue_date": "2025-03-18",
    "grade": "declared",
}
CASES: list[dict[str, Any]] = []
P, F, I = "passed", "failed", "indeterminate"


def case(
    name: str, verdict: str, codes: dict[str, str | None], *agreements: dict[str, Any], **more: Any
) -> None:
    """Add a case; ``codes`` maps a check of the axis to the code that it must show."""
    CASES.append(
        {
            "id": name,
            "at": more.pop("at", AT),
            "asked": QUESTION | more.pop("asked", {}),
            "agreements": list(agreements),
            "references": more.pop("references", []),
            "expect": {"axis": verdict, "codes": codes, "conditions": more.pop("conditions", [])},
        }
    )
    assert not more


def turned(**changes: Any) -> dict[str, Any]:
    """Return an agreement that was enacted on 2024-01-01 and then changed state on 2026-01-01."""
    history = [
        {
            "status": "enacted",
            "from": "2024-01-01T00:00:00+08:00",
            "to": "2026-01-01T00:00:00+08:00",
        }
    ]
    return body(**({"history": history, "status_start": "2026-01-01T00:00:00+08:00"} | changes))


def scope_and_direction() -> None:
    case("in-force", P, {"signed_by_parties": "agreement.operator_folder"}, body())
    case("nothing", I, {"agreement": "agreement.not_known"})
    case(
        "reverse",
        I,
        {"agreement": "agreement.not_known"},
        body(),
        asked={"relying": "350000", "issuing": "310000"},
    )
    chain = (
        body(agreement_id="a-b", edges=[edge("310000", "320000")]),
        body(agreement_id="b-c", edges=[edge("320000", "350000")]),
    )
    case("chain-two-agreements", I, {"agreement": "agreement.not_known"}, *chain)
    both = body(kind="multilateral", edges=[edge("310000", "320000"), edge("320000", "350000")])
    case("chain-one-agreement", I, {"agreement": "agreement.not_known"}, both)
    case("own-region", I, {"agreement": "agreement.not_known"}, body(), asked={"issuing": "310000"})
    own = body(kind="unilateral", edges=[edge("310000", "310000")])
    case("own-region-agreed", P, {}, own, asked={"issuing": "310101"})
    case(
        "exact-covers-no-descendant",
        I,
        {"agreement": "agreement.not_known"},
        body(edges=[edge("310000", "350000", "exact")]),
    )
    case("exact-itself", P, {}, body(edges=[edge("310000", "350100", "exact")]))
    wide = body(kind="national", edges=[edge("100000", "100000")])
    case("national-subtree", P, {}, wide)
    case(
        "national-exact",
        I,
        {"agreement": "agreement.not_known"},
        body(edges=[edge("100000", "100000", "exact")]),
    )
    case(
        "other-type",
        I,
        {"agreement": "agreement.not_known", "type": "agreement.type_not_covered"},
        body(),
        asked={"type_code": CARD, "profile_id": "id_card"},
    )
    case(
        "no-type",
        I,
        {"type": "agreement.type_unknown"},
        body(),
        asked={"type_code": None, "profile_id": None},
    )
    named = body(scope_certificate_types=None, scope_type_names=["driving_licence"])
    case("type-by-name", P, {}, named, asked={"type_code": None, "profile_id": "driving_licence"})
    case(
        "any-type",
        P,
        {},
        body(scope_certificate_types=["*"]),
        asked={"type_code": None, "profile_id": None},
    )
    case(
        "other-matter",
        I,
        {"agreement": "agreement.not_known", "matter": "agreement.matter_not_covered"},
        body(),
        asked={"matter": "tax.refund"},
    )
    case(
        "no-matter",
        I,
        {"agreement": "check.blocked", "matter": "agreement.matter_not_asked"},
        body(),
        asked={"matter": None},
    )
    case("any-matter", P, {}, body(scope_matters=["*"]), asked={"matter": "tax.refund"})
    case(
        "any-matter-none-asked",
        I,
        {"matter": "agreement.matter_not_asked"},
        body(scope_matters=["*"]),
        asked={"matter": None},
    )
    for text in (
        "matter:company.change",
        f"type:{LICENCE}",
        "type:business_license",
        "division:350100",
        "division:310000",
    ):
        case(
            f"excluded-{text}",
            I,
            {"agreement": "agreement.not_known"},
            body(scope_exclusions=[text]),
        )
    case("not-excluded", P, {}, body(scope_exclusions=["division:350200", "matter:x", "type:y"]))


def choice() -> None:
    refuse = body(agreement_id="narrow", effect="refuse", edges=[edge("310000", "350100")])
    case("narrower-territory-wins", F, {"agreement": "agreement.refused"}, body(), refuse)
    wide_refusal = body(
        agreement_id="wide", effect="refuse", kind="national", edges=[edge("100000", "100000")]
    )
    case("wider-refusal-loses", P, {}, body(), wide_refusal)
    typed = body(agreement_id="typed", scope_certificate_types=["*"], effect="refuse")
    case("narrower-type-wins", P, {}, body(), typed)
    case(
        "two-equal",
        I,
        {"agreement": "agreement.ambiguous"},
        body(),
        body(agreement_id="test.other"),
    )
    crossed = (
        body(agreement_id="x", edges=[edge("310101", "350000")]),
        body(agreement_id="y", edges=[edge("310000", "350100")]),
    )
    case(
        "crossed-specificity",
        I,
        {"agreement": "agreement.ambiguous"},
        *crossed,
        asked={"relying": "310101"},
    )
    case(
        "higher-version-of-another-is-nothing",
        I,
        {"agreement": "agreement.ambiguous"},
        body(),
        body(agreement_id="b", version="9"),
    )
    case(
        "higher-version-wins",
        F,
        {"agreement": "agreement.refused"},
        body(),
        body(version="2", effect="refuse"),
    )
    case("version-10-after-9", P, {}, body(version="9", effect="refuse"), body(version="10"))
    case(
        "dropped-by-newer-version",
        I,
        {"type": "agreement.type_not_covered"},
        body(),
        body(version="2", scope_certificate_types=[CARD]),
    )
    later = body(version="2", effect="refuse", status_start="2026-06-02T00:00:00+08:00")
    case("newer-version-not-begun", P, {}, body(), later)
    case(
        "newer-version-pending", P, {}, body(), body(version="2", effect="refuse", status="pending")
    )
    case(
        "same-version-two-texts",
        I,
        {"agreement": "agreement.ambiguous"},
        body(),
        body(title="另一文本"),
    )
    narrow_repealed = turned(
        agreement_id="narrow", status="repealed", edges=[edge("310000", "350100")]
    )
    case("repealed-steps-back", P, {}, body(), narrow_repealed)
    narrow_suspended = turned(
        agreement_id="narrow", status="suspended", edges=[edge("310000", "350100")]
    )
    case(
        "suspended-does-not-step-back",
        F,
        {"in_force": "agreement.suspended"},
        body(),
        narrow_suspended,
    )
    case(
        "repealed-refusal-is-none",
        I,
        {"agreement": "agreement.not_known"},
        turned(status="repealed", effect="refuse"),
    )
    case(
        "refusal-counts-from-today",
        F,
        {"agreement": "agreement.refused"},
        body(effect="refuse", status_start="2026-01-01T00:00:00Z"),
    )


def time() -> None:
    first, last = "2026-05-31T16:00:00", "2026-05-31T15:59:59"
    start = body(status_start="2026-06-01T00:00:00+08:00")
    case("before-start", F, {"in_force": "agreement.not_in_force"}, start, at=f"{last}+00:00")
    case("at-start", P, {}, start, at=f"{first}+00:00", asked={"issue_date": "2026-06-01"})
    end = body(
        history=[
            {
                "status": "enacted",
                "from": "2024-01-01T00:00:00+08:00",
                "to": "2026-06-01T00:00:00+08:00",
            }
        ],
        status="suspended",
        status_start="2026-06-01T00:00:00+08:00",
    )
    case("last-second", P, {}, end, at=f"{last}+00:00")
    case("half-open-end", F, {"in_force": "agreement.suspended"}, end, at=f"{first}+00:00")
    again = body(
        history=[
            {
                "status": "enacted",
                "from": "2024-01-01T00:00:00+08:00",
                "to": "2025-01-01T00:00:00+08:00",
            },
            {
                "status": "suspended",
                "from": "2025-01-01T00:00:00+08:00",
                "to": "2025-03-18T00:00:00+08:00",
            },
        ],
        status_start="2025-03-18T00:00:00+08:00",
    )
    case("re-enacted-on-the-day", P, {}, again)
    case(
        "issued-while-suspended",
        F,
        {"in_force": "agreement.suspended"},
        again,
        asked={"issue_date": "2025-03-17"},
    )
    noon = body(status_start="2025-03-18T12:00:00+08:00")
    case("enacted-during-the-day", I, {"in_force": "agreement.issue_day_split"}, noon)
    case(
        "issued-before",
        F,
        {"in_force": "agreement.not_in_force"},
        body(),
        asked={"issue_date": "2023-12-31"},
    )
    case("issued-on-the-first-day", P, {}, body(), asked={"issue_date": "2024-01-01"})
    case(
        "no-issue-date",
        I,
        {"in_force": "agreement.issue_date_unknown"},
        body(),
        asked={"issue_date": None},
    )
    case("pending", F, {"in_force": "agreement.not_in_force"}, body(status="pending"))
    case("repealed", F, {"in_force": "agreement.repealed"}, turned(status="repealed"))
    moved = (
        body(scope_certificate_types=[CARD]),
        body(version="2", status_start="2026-01-01T00:00:00+08:00"),
    )
    case("type-added-after-issue", F, {"in_force": "agreement.not_in_force"}, *moved)
    case(
        "version-changed-after-issue",
        P,
        {},
        body(),
        body(version="2", status_start="2026-01-01T00:00:00+08:00"),
    )


def grandfathering() -> None:
    firm = {"grade": "proven", "signed_by": "2025-03-18T08:00:00+00:00"}
    kept = turned(status="repealed", grandfathering={"mode": "by-issue-time"})
    until = turned(
        status="repealed",
        grandfathering={"mode": "cut-off", "cut_off": "2026-07-01T00:00:00+08:00"},
    )
    later = body(
        status_start="2026-01-01T00:00:00+08:00", grandfathering={"mode": "by-evaluation-time"}
    )
    case("none-firm", F, {"in_force": "agreement.repealed"}, turned(status="repealed"), asked=firm)
    case("by-issue-proven", P, {"in_force": "agreement.grandfathered"}, kept, asked=firm)
    case(
        "by-issue-witnessed",
        P,
        {"in_force": "agreement.grandfathered"},
        kept,
        asked=firm | {"grade": "witnessed"},
    )
    case("by-issue-declared", I, {"in_force": "agreement.grandfathering_no_poe"}, kept)
    late = {"grade": "proven", "signed_by": "2026-02-01T00:00:00+00:00"}
    case(
        "by-issue-proven-after-repeal",
        I,
        {"in_force": "agreement.grandfathering_no_poe"},
        kept,
        asked=late,
    )
    case(
        "by-issue-issued-after",
        F,
        {"in_force": "agreement.repealed"},
        kept,
        asked=firm | {"issue_date": "2026-02-01"},
    )
    case(
        "by-issue-no-date",
        I,
        {"in_force": "agreement.issue_date_unknown"},
        kept,
        asked=firm | {"issue_date": None},
    )
    suspended = turned(status="suspended", grandfathering={"mode": "by-issue-time"})
    case("by-issue-suspended", F, {"in_force": "agreement.suspended"}, suspended, asked=firm)
    case("cut-off-before", P, {"in_force": "agreement.grandfathered"}, until, asked=firm)
    case(
        "cut-off-reached",
        F,
        {"in_force": "agreement.repealed"},
        until,
        asked=firm,
        at="2026-06-30T16:00:00+00:00",
    )
    case("by-evaluation-proven", P, {"in_force": "agreement.grandfathered"}, later, asked=firm)
    case("by-evaluation-declared", I, {"in_force": "agreement.grandfathering_no_poe"}, later)
    case(
        "by-evaluation-repealed",
        F,
        {"in_force": "agreement.repealed"},
        turned(status="repealed", grandfathering={"mode": "by-evaluation-time"}),
        asked=firm,
    )


def effects() -> None:
    case("refuse", F, {"agreement": "agreement.refused"}, body(effect="refuse"))
    case(
        "information-only",
        P,
        {},
        body(effect="information-only"),
        conditions=["agreement.information_only"],
    )
    conditional = {"effect": "accept-with-conditions"}
    case(
        "conditions",
        P,
        {"conditions": "agreement.conditions"},
        body(conditions=["original.shown"], **conditional),
        conditions=["agreement.condition"],
    )
    case(
        "conditions-unstated",
        P,
        {},
        body(**conditional),
        conditions=["agreement.conditions_unstated"],
    )
    case(
        "conditions-without-the-effect",
        P,
        {},
        body(conditions=["original.shown"]),
        conditions=["agreement.condition"],
    )
    case("rule", I, {"rules": "rule.unknown"}, body(conditions=["AR-310000-0001"]))
    case(
        "assurance",
        I,
        {"assurance": "agreement.assurance_unknown"},
        body(scope_min_assurance="high"),
    )
    case(
        "holder-kinds",
        P,
        {},
        body(scope_holder_kinds=["legal"]),
        conditions=["agreement.holder_kind"],
    )
    case("channels", P, {}, body(scope_channels=["counter"]), conditions=["agreement.channel"])
    case(
        "equivalences",
        I,
        {"type": "agreement.equivalences"},
        body(equivalences={"status": [{"from": "1", "to": "2"}]}),
    )


def references() -> None:
    case("reference-only", I, {"agreement": "agreement.reference_only"}, references=[body()])
    case(
        "reference-unstated-matter",
        I,
        {"agreement": "agreement.reference_only"},
        references=[body(scope_matters=["unstated"])],
    )
    case(
        "reference-no-matter",
        I,
        {"agreement": "agreement.reference_only"},
        references=[body()],
        asked={"matter": None},
    )
    case(
        "reference-repealed",
        I,
        {"agreement": "agreement.not_known"},
        references=[turned(status="repealed")],
    )
    case(
        "reference-refusal-never-counts",
        I,
        {"agreement": "agreement.reference_only"},
        references=[body(effect="refuse")],
    )
    case(
        "operator-before-reference",
        P,
        {},
        body(),
        references=[body(agreement_id="ref", effect="refuse", edges=[edge("310000", "350100")])],
    )
    case(
        "operator-too-narrow-and-reference",
        I,
        {"agreement": "agreement.reference_only", "matter": "agreement.matter_not_covered"},
        body(),
        references=[body(scope_matters=["*"])],
        asked={"matter": "tax.refund"},
    )


def divisions() -> None:
    case(
        "relying-unknown",
        I,
        {"agreement": "agreement.region_unknown"},
        body(),
        asked={"relying": "990000"},
    )
    case(
        "issuing-unknown",
        I,
        {"agreement": "agreement.region_unknown"},
        body(),
        asked={"issuing": "359999"},
    )
    case(
        "issuing-missing",
        I,
        {"agreement": "agreement.region_unknown"},
        body(),
        asked={"issuing": None},
    )
    case(
        "issuing-malformed",
        I,
        {"agreement": "agreement.region_unknown"},
        body(),
        asked={"issuing": "35O1"},
    )
    merged = {"issuing": "310103"}
    case("merged-away-inside", P, {}, body(edges=[edge("310000", "310000")]), asked=merged)
    case("merged-into-exact", P, {}, body(edges=[edge("310000", "310101", "exact")]), asked=merged)
    moved = {"issuing": "510200"}
    case(
        "moved-to-another-province",
        I,
        {"agreement": "agreement.not_known"},
        body(edges=[edge("310000", "510000")]),
        asked=moved,
    )
    case("moved-named-itself", P, {}, body(edges=[edge("310000", "510200", "exact")]), asked=moved)


for group in (scope_and_direction, choice, time, grandfathering, effects, references, divisions):
    group()
OUT = Path(__file__).resolve().parents[1] / "recognition" / "recognition.json"
OUT.write_text(
    json.dumps(
        {"schema": "ecert.recognition-vectors/1", "cases": CASES}, ensure_ascii=False, indent=1
    )
    + "\n",
    "utf-8",
)
