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
            **({"knowledge": more.pop("knowledge")} if "knowledge" in more else {}),
            "expect": {"axis": verdict, "codes": codes, "conditions": more.pop("conditions", [])}
            | ({"met": more.pop("met")} if "met" in more else {}),
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
        asked={"type_code": CARD, "profile_id": None},
    )
    case(
        "any-type-none-known",
        I,
        {"agreement": "agreement.not_known", "type": "agreement.type_unknown"},
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
    case("national-refusal-wins", F, {"agreement": "agreement.refused"}, body(), wide_refusal)
    west = body(agreement_id="wide", effect="refuse")
    city = body(edges=[edge("310000", "350100")])
    case("wider-refusal-loses", P, {}, city, west)
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
        {"equivalences": "equivalence.missing"},
        body(equivalences={"status": [{"issuing": "1", "relying": "2"}]}),
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


def signed(*signers: list[str], **more: Any) -> dict[str, Any]:
    """Return the knowledge of a bundle: who signed each agreement, and the documents beside them."""
    return {"origin": "bundle", "signed_by": list(signers), **more}


BOTH = ["310000", "350000"]


def parties() -> None:
    one = body()
    case("signed-by-both", P, {}, one, knowledge=signed(BOTH))
    case(
        "signed-by-parents-only",
        I,
        {"agreement": "agreement.not_known"},
        one,
        knowledge=signed(["100000"]),
    )
    case("signed-by-nobody", I, {"agreement": "agreement.not_known"}, one, knowledge=signed([]))
    case(
        "signed-by-strangers",
        I,
        {"agreement": "agreement.not_known"},
        one,
        knowledge=signed(["320000", "330000"]),
    )
    case(
        "signed-below",
        I,
        {"agreement": "agreement.not_known"},
        one,
        knowledge=signed(["310101", "350100"]),
    )
    case(
        "signed-by-relying-only",
        I,
        {"signed_by_parties": "agreement.issuing_unsigned"},
        one,
        knowledge=signed(["310000"]),
    )
    case(
        "signed-by-issuing-only",
        I,
        {"signed_by_parties": "agreement.relying_unsigned"},
        one,
        knowledge=signed(["350000"]),
    )
    case(
        "issuing-only-and-complete",
        F,
        {"agreement": "agreement.none"},
        one,
        knowledge=signed(["350000"], complete=["310000"]),
    )
    alone = body(kind="unilateral")
    case("unilateral", P, {}, alone, knowledge=signed(["310000"]))
    case(
        "unilateral-by-the-other",
        I,
        {"signed_by_parties": "agreement.relying_unsigned"},
        alone,
        knowledge=signed(["350000"]),
    )
    nation = body(kind="national", edges=[edge("100000", "100000")])
    case("national-by-the-nation", P, {}, nation, knowledge=signed(["100000"]))
    case(
        "national-by-a-province",
        I,
        {"agreement": "agreement.not_known"},
        nation,
        knowledge=signed(["310000"]),
    )
    city = body(edges=[edge("310101", "350100")])
    case("city-by-its-province", P, {}, city, asked={"relying": "310101"}, knowledge=signed(BOTH))
    case(
        "half-signed-steps-back",
        P,
        {},
        one,
        body(agreement_id="half", edges=[edge("310000", "350100")]),
        knowledge=signed(BOTH, ["310000"]),
    )
    newer = body(version="2", status="suspended")
    case(
        "half-signed-version-silences",
        I,
        {"signed_by_parties": "agreement.withdrawn"},
        one,
        newer,
        knowledge=signed(BOTH, ["310000"]),
    )
    case(
        "one-side-at-issue",
        I,
        {"in_force": "agreement.one_side_at_issue"},
        body(status_start="2026-01-01T00:00:00+08:00", version="2"),
        one,
        knowledge=signed(BOTH, ["350000"]),
    )
    case("foreign-version-says-nothing", P, {}, one, newer, knowledge=signed(BOTH, ["320000"]))
    refusal = body(agreement_id="no", effect="refuse", edges=[edge("310000", "350100")])
    for signer in (["310000"], ["350000"]):
        case(
            f"one-side-refuses-{signer[0]}",
            F,
            {"agreement": "agreement.refused"},
            one,
            refusal,
            knowledge=signed(BOTH, signer),
        )
    case("a-stranger-cannot-refuse", P, {}, one, refusal, knowledge=signed(BOTH, ["320000"]))
    case("complete", F, {"agreement": "agreement.none"}, knowledge=signed(complete=["310000"]))
    case(
        "complete-above",
        F,
        {"agreement": "agreement.none"},
        asked={"relying": "310101"},
        knowledge=signed(complete=["310000"]),
    )
    for name, told in (("below", ["310101"]), ("elsewhere", ["350000"]), ("national", ["100000"])):
        case(
            f"complete-{name}",
            I,
            {"agreement": "agreement.not_known"},
            knowledge=signed(complete=told),
        )
    case(
        "complete-without-matter",
        I,
        {"agreement": "agreement.not_known"},
        asked={"matter": None},
        knowledge=signed(complete=["310000"]),
    )
    case(
        "complete-other-type",
        F,
        {"agreement": "agreement.none"},
        one,
        asked={"type_code": CARD, "profile_id": "id_card"},
        knowledge=signed(BOTH, complete=["310000"]),
    )
    case(
        "folder-is-never-complete",
        I,
        {"agreement": "agreement.not_known"},
        knowledge={"origin": "folder", "complete": ["310000"]},
    )


def deviation(**changes: Any) -> dict[str, Any]:
    """Return a deviation of the relying side from the base agreement, in force at the asked time."""
    return {
        "schema": "ecert.deviation/1",
        "deviation_id": "test.deviation",
        "version": 1,
        "title": "示例统异",
        "agreement": "test.east",
        "division": "310000",
        "allowed_by": {"document": "示例批复〔2025〕1号"},
        "from": "2026-01-01T00:00:00+08:00",
        "until": "2027-01-01T00:00:00+08:00",
    } | changes


def deviations() -> None:
    def one(
        name: str, verdict: str, codes: dict[str, str | None], changes: dict[str, Any], **more: Any
    ) -> None:
        signers = more.pop("signers", ["310000"])
        made = deviation(**more.pop("made", {}), changes=changes)
        known = more.pop("agreement", body())
        case(
            f"deviation-{name}",
            verdict,
            codes,
            known,
            knowledge=signed(BOTH, deviations=[{"body": made, "signed_by": signers}]),
            **more,
        )

    out = {"exclude": {"matters": ["company.change"]}}
    gone = {"agreement": "agreement.not_known"}
    one("excludes", I, gone, out)
    one(
        "excludes-from-the-issuing-side",
        I,
        gone,
        out,
        made={"division": "350000"},
        signers=["350000"],
    )
    one("signed-by-the-other", P, {}, out, signers=["350000"])
    one("signed-by-nobody", P, {}, out, signers=[])
    one("signed-by-the-nation", P, {}, out, signers=["100000"])
    one("elsewhere", P, {}, out, made={"division": "310101"}, signers=["310101"])
    one(
        "within",
        I,
        gone,
        out,
        made={"division": "310101"},
        signers=["310101"],
        asked={"relying": "310101"},
    )
    one("expired", P, {}, out, at="2026-12-31T16:00:00+00:00")
    one("last-second", I, gone, out, at="2026-12-31T15:59:59+00:00")
    one("not-begun", P, {}, out, at="2025-12-31T15:59:59+00:00")
    one("first-second", I, gone, out, at="2025-12-31T16:00:00+00:00")
    one(
        "information-only",
        P,
        {},
        {"information_only": True},
        conditions=["agreement.information_only"],
    )
    one("requires", P, {}, {"require": ["original.shown"]}, conditions=["agreement.condition"])
    one("requires-a-rule", I, {"rules": "rule.unknown"}, {"require": ["AR-310000-7"]})
    more = {"accept_also": {"matters": ["company.close"]}}
    close = {"matter": "company.close"}
    one("accepts-also", P, {}, more, asked=close)
    one(
        "accepts-also-from-the-issuing-side",
        I,
        gone,
        more,
        asked=close,
        made={"division": "350000"},
        signers=["350000"],
    )
    one(
        "nation-cannot-accept-for-a-province",
        I,
        gone,
        more,
        asked=close,
        made={"division": "100000"},
        signers=["100000"],
    )
    one("nation-can-exclude", I, gone, out, made={"division": "100000"}, signers=["100000"])
    shut = body(scope_exclusions=["matter:company.close"])
    one("cannot-lift-an-exclusion", I, gone, more, asked=close, agreement=shut)
    one(
        "cannot-turn-a-refusal",
        F,
        {"agreement": "agreement.refused"},
        more,
        agreement=body(effect="refuse"),
    )
    one(
        "cannot-revive",
        F,
        {"in_force": "agreement.repealed"},
        more,
        asked=close,
        agreement=turned(status="repealed"),
    )


def translations() -> None:
    def one(
        name: str, verdict: str, code: str | None, equivalences: dict[str, Any], **more: Any
    ) -> None:
        codes = {"equivalences": code} if code else {}
        made = body(equivalences=equivalences, **more.pop("body", {}))
        case(f"equivalence-{name}", verdict, codes, made, **more)

    fact = {"facts": [{"path": "fields.use", "value": "0702"}]}
    one(
        "one-type-to-many",
        P,
        None,
        {
            "type": [
                {"issuing": LICENCE, "relying": "A", "priority": 1},
                {"issuing": LICENCE, "relying": "B", "priority": 2},
            ]
        },
    )
    one(
        "status-silent",
        I,
        "equivalence.missing",
        {"status": [{"issuing": "suspended", "relying": "x"}]},
        asked={"state": "valid"},
    )
    one(
        "status-unknown",
        I,
        "equivalence.missing",
        {"status": [{"issuing": "valid", "relying": "valid"}]},
    )
    one(
        "status-same",
        P,
        None,
        {"status": [{"issuing": "valid", "relying": "valid"}]},
        asked={"state": "valid"},
    )
    one(
        "status-less",
        I,
        "equivalence.status_not_good",
        {"status": [{"issuing": "valid", "relying": "suspended"}]},
        asked={"state": "valid"},
    )
    pairs = {"code": [{"path": "fields.use", "pairs": [{"issuing": "0702", "relying": "R22"}]}]}
    one("code", P, None, pairs, asked=fact)
    one(
        "code-silent",
        I,
        "equivalence.missing",
        pairs,
        asked={"facts": [{"path": "fields.use", "value": "9"}]},
    )
    one("code-missing", I, "equivalence.field_missing", pairs)
    skipped = {"code": [pairs["code"][0] | {"absent": "skip"}]}
    one("code-of-another-type", P, None, skipped)
    one(
        "code-of-several",
        I,
        "equivalence.not_convertible",
        skipped,
        asked={"facts": [{"path": "fields.use", "value": None, "many": ["0702", "0701"]}]},
    )
    two = {
        "code": [
            {
                "path": "fields.use",
                "pairs": [
                    {"issuing": "0702", "relying": "R22"},
                    {"issuing": "0702", "relying": "R23"},
                ],
            }
        ]
    }
    one("code-to-many", P, None, two, asked=fact, conditions=["equivalence.several"])
    tabled = {"code": [{"path": "fields.use", "table": "test.use"}]}
    one("table-missing", I, "equivalence.table_missing", tabled, asked=fact)
    table = {
        "schema": "ecert.code-table/1",
        "table_id": "test.use",
        "version": 1,
        "owner": "310000",
        "title": "示例",
        "rows": [
            {"code": "0702", "to": "R22", "until": "2026-05-31"},
            {"code": "0702", "to": "R23", "from": "2026-06-01"},
        ],
    }
    one(
        "table",
        P,
        None,
        tabled,
        asked=fact,
        knowledge=signed(BOTH, code_tables=[{"body": table, "signed_by": ["310000"]}]),
    )
    one(
        "table-signed-by-another",
        I,
        "equivalence.table_missing",
        tabled,
        asked=fact,
        knowledge=signed(BOTH, code_tables=[{"body": table, "signed_by": ["350000"]}]),
    )
    field = {
        "field": [{"from": "fields.day", "to": "fields.year", "transform": "year", "lossy": True}]
    }
    day = {"facts": [{"path": "fields.day", "value": "2025年3月18日"}]}
    one("lossy", P, "equivalence.lossy", field, asked=day)
    one("field-missing", I, "equivalence.field_missing", field)
    one(
        "not-convertible",
        I,
        "equivalence.not_convertible",
        field,
        asked={"facts": [{"path": "fields.day", "value": "long ago"}]},
    )


def levels() -> None:
    def one(name: str, verdict: str, code: str | None, level: str, relation: Any = None) -> None:
        told = {"equivalences": {"level": relation}} if relation else {}
        case(
            f"level-{name}",
            verdict,
            {"assurance": code} if code else {},
            body(scope_min_assurance="substantial", **told),
            asked={"assurance": level},
        )

    one("same", P, None, "substantial")
    one("higher", P, None, "high")
    one("lower", F, "agreement.assurance_low", "low")
    one("another-word", I, "agreement.assurance_unknown", "二级")
    one("translated", P, None, "二级", [{"issuing": "二级", "relying": "high"}])
    one(
        "translated-low",
        F,
        "agreement.assurance_low",
        "二级",
        [{"issuing": "二级", "relying": "low"}],
    )
    one(
        "not-in-the-relation",
        I,
        "agreement.assurance_unknown",
        "high",
        [{"issuing": "二级", "relying": "high"}],
    )


def services() -> None:
    turn = "2026-01-01T00:00:00+08:00"
    granted = ["granted", "2020-01-01T00:00:00+08:00", turn]
    case(
        "issuer-ceased-since",
        P,
        {"agreement": "issuer.service_changed"},
        body(),
        asked={"service": [granted, ["ceased", turn, None]]},
    )
    case("issuer-in-service", P, {}, body(), asked={"service": [[*granted[:2], None]]})


def holders_and_matters() -> None:
    persons = body(scope_holder_kinds=["natural_person"])
    case(
        "holder-of-another-kind",
        I,
        {"conditions": "agreement.holder_not_covered"},
        persons,
        asked={"holder_kind": "legal_person"},
    )
    case("holder-of-the-kind", P, {}, persons, asked={"holder_kind": "natural_person"})
    case("holder-not-known", P, {}, persons, conditions=["agreement.holder_kind"])
    words = {
        "schema": "ecert.matters/1",
        "vocabulary_id": "v",
        "version": 1,
        "owner": "310000",
        "title": "示例",
        "items": [{"code": "company.change", "zh": "变更"}],
    }
    every = body(scope_matters=["*"])
    known = signed(BOTH, matters=[{"body": words, "signed_by": ["310000"]}])
    case("matter-of-the-vocabulary", P, {}, every, knowledge=known)
    case(
        "matter-outside-the-vocabulary",
        I,
        {"matter": "agreement.matter_unknown"},
        every,
        asked={"matter": "company.typo"},
        knowledge=known,
    )
    case(
        "vocabulary-of-another",
        P,
        {},
        every,
        asked={"matter": "company.typo"},
        knowledge=signed(BOTH, matters=[{"body": words, "signed_by": ["350000"]}]),
    )


def rule(
    rule_id: str = "AR-310000-1", expression: str = "cert.kind == 'original'", **changes: Any
) -> dict[str, Any]:
    """Return a rule of one condition, in force."""
    told = {"zh-CN": "示例"}
    kind = {"AR": "acceptance", "IR": "invalidation", "WR": "advisory"}[rule_id[:2]]
    return {
        "schema": "ecert.rule/1",
        "rule_id": rule_id,
        "version": 1,
        "kind": kind,
        "title": told,
        "owner": rule_id[3:9],
        "engine": {"name": "ecert.rules", "min_version": "1.0"},
        "data_schema": {"min": 1, "max": 1},
        "applies_to": {},
        "valid_from": "2024-01-01T00:00:00+08:00",
        "notice": {"published": "2023-12-01T00:00:00+08:00"},
        "level": "FAIL",
        "affected_fields": ["cert.kind"],
        "conditions": [
            {
                "id": "one",
                "expression": expression,
                "messages": {"pass": told, "fail": told, "unknown": told},
            }
        ],
        "remedy": told,
        "legal_basis": [{"document": "示例文件〔2024〕9号"}],
    } | changes


def rules() -> None:
    def one(name: str, verdict: str, code: str | None, made: dict[str, Any], **more: Any) -> None:
        signers = more.pop("signers", [made["owner"]])
        case(
            f"rule-{name}",
            verdict,
            {"rules": code} if code else {},
            more.pop("agreement", body()),
            asked={"kind": "original"} | more.pop("asked", {}),
            knowledge=signed(BOTH, rules=[{"body": made, "signed_by": signers}]),
            **more,
        )

    no = "cert.kind == 'copy'"
    named = body(conditions=["AR-310000-1"])
    one("holds", P, None, rule())
    one("fails", F, "rule.failed", rule(expression=no))
    one("field-missing", I, "rule.undecided", rule(), asked={"kind": None})
    one("unknown-fails", F, "rule.unknown_fails", rule(on_unknown="fail"), asked={"kind": None})
    one(
        "newer-engine",
        I,
        "rule.engine_newer",
        rule(engine={"name": "ecert.rules", "min_version": "1.9"}),
    )
    one(
        "newer-engine-that-would-fail",
        I,
        "rule.engine_newer",
        rule(engine={"name": "ecert.rules", "min_version": "1.9"}, on_unknown="fail"),
    )
    one(
        "other-engine", I, "rule.engine_other", rule(engine={"name": "other", "min_version": "1.0"})
    )
    one("other-facts", I, "rule.data_schema", rule(data_schema={"min": 2, "max": 3}))
    one("faulty", I, "rule.unusable", rule(expression="cert.kind =="))
    one("named-and-there", P, None, rule(), agreement=named)
    one("named-and-not-its-owner-s", I, "rule.unknown", rule(), agreement=named, signers=["350000"])
    one(
        "named-and-not-begun",
        I,
        "rule.unknown",
        rule(valid_from="2026-07-01T00:00:00+08:00"),
        agreement=named,
    )
    one(
        "named-and-ended",
        I,
        "rule.unknown",
        rule(valid_to="2026-05-01T00:00:00+08:00"),
        agreement=named,
    )
    for level in ("WARN", "INFORM"):
        one(
            f"named-must-pass-{level}",
            F,
            "rule.failed",
            rule(expression=no, level=level),
            agreement=named,
        )
    one(
        "named-advice-is-a-condition",
        P,
        None,
        rule("WR-310000-1", no, level="INFORM"),
        agreement=body(conditions=["WR-310000-1"]),
        conditions=["rule.warned"],
        met=["no"],
    )
    one("not-its-owner-s", P, None, rule(expression=no), signers=["350000"])
    one(
        "wider-role-than-the-owner",
        P,
        None,
        rule("AR-310101-1", no),
        signers=["310000"],
        asked={"relying": "310101"},
    )
    one("national", F, "rule.failed", rule("IR-100000-1", no))
    one("of-a-third-region", P, None, rule("AR-320000-1", no))
    one("issuing-invalidates", F, "rule.failed", rule("IR-350000-1", no))
    one("issuing-cannot-ask", P, None, rule("AR-350000-1", no))
    one("another-matter", P, None, rule(expression=no, applies_to={"purposes": ["other"]}))
    one("warns", P, None, rule(expression=no, level="WARN"), conditions=["rule.warned"], met=["no"])
    one(
        "warning-unknown",
        P,
        None,
        rule(level="WARN"),
        asked={"kind": None},
        conditions=["rule.warned"],
    )
    one("advises", P, None, rule("WR-310000-1", no), conditions=["rule.warned"], met=["no"])
    one("informs", P, None, rule(expression=no, level="INFORM"))
    two = [rule(expression=no), rule(version=2)]
    case(
        "rule-newer-version-speaks",
        P,
        {},
        body(),
        asked={"kind": "original"},
        knowledge=signed(BOTH, rules=[{"body": r, "signed_by": ["310000"]} for r in two]),
    )
    both = [rule(), rule(expression=no)]
    case(
        "rule-one-version-twice-must-hold-twice",
        F,
        {"rules": "rule.failed"},
        body(),
        asked={"kind": "original"},
        knowledge=signed(BOTH, rules=[{"body": r, "signed_by": ["310000"]} for r in both]),
    )


for group in (
    parties,
    deviations,
    translations,
    levels,
    services,
    holders_and_matters,
    rules,
):
    group()
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
