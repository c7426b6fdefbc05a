"""Documents of the worked federations through `verify`: four axes, one decision, in one question."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert import verify
from ecert.facade import Asking
from ecert.issuance import issue
from ecert.report import Decision, Mode, Report
from federation_kit import AT, COMPANIES, Bureau


@pytest.fixture(scope="module")
def chuanyu() -> Bureau:
    return Bureau("chuanyu")


@pytest.fixture(scope="module")
def licences(chuanyu: Bureau) -> dict[str, bytes]:
    record = chuanyu.licence(COMPANIES[0])
    return {
        "pdf": chuanyu.pdf(record),
        "ses": chuanyu.pdf(record, layout="ses"),
        "ofd": chuanyu.ofd(record, "business_license"),
    }


def ask(bureau: Bureau, data: bytes, relying: str, matter: str) -> Report[Any]:
    asking = Asking(relying=relying, matter=matter, test_trust="allowed")
    return verify(data, trust=bureau.store(), at=bureau.at, asking=asking)


@pytest.mark.parametrize("form", ["pdf", "ses", "ofd"])
def test_a_licence_of_chengdu_is_accepted_in_chongqing(
    chuanyu: Bureau, licences: dict[str, bytes], form: str
) -> None:
    report = ask(chuanyu, licences[form], "500103", "enterprise.change")
    assert report.decision is Decision.ACCEPT, report.render("zh")
    assert report.exit_code == 12
    assert report.question.mode is Mode.AS_OF
    assert "川渝示例〔2024〕18号" in report.render("zh", detail="full")


@pytest.mark.parametrize("form", ["pdf", "ofd"])
@pytest.mark.parametrize(
    ("relying", "matter", "decision", "code", "says"),
    [
        ("500103", "enterprise.cancel", Decision.REFUSE, "agreement.refused", "渝示例〔2024〕44号"),
        (
            "500112",
            "enterprise.relocation",
            Decision.REFER,
            "agreement.matter_not_covered",
            "relocation",
        ),
        ("500101", "enterprise.tender", Decision.REFER, "agreement.reference_only", "716"),
        ("520000", "enterprise.change", Decision.REFER, "agreement.reference_only", "716"),
        (
            "510104",
            "enterprise.unheard_of",
            Decision.REFER,
            "agreement.matter_unknown",
            "unheard_of",
        ),
    ],
)
def test_the_same_licence_elsewhere_or_for_something_else(
    *,
    chuanyu: Bureau,
    licences: dict[str, bytes],
    form: str,
    relying: str,
    matter: str,
    decision: Decision,
    code: str,
    says: str,
) -> None:
    report = ask(chuanyu, licences[form], relying, matter)
    assert report.decision is decision, report.render("zh")
    assert code in report.reasons()
    assert says in report.render("zh")


POLICE = "11510100MB0T00002"
DRIVING, RESIDENCE, SOCIAL = (f"11999900MB0T00001N00{n}" for n in (2, 4, 5))


def police(bureau: Bureau) -> str:
    return next(c for c in bureau.offices.federation.codes() if c.startswith(POLICE))


def driving(bureau: Bureau, **changes: Any) -> bytes:
    record = bureau.record(
        "driving_licence", police(bureau), "510104", type_code=DRIVING, changes=changes
    )
    return bureau.pdf(record)


def listed(bureau: Bureau, data: bytes, relying: str, matter: str) -> Report[Any]:
    """Return the answer where every certificate made so far is listed as valid."""
    asking = Asking(relying=relying, matter=matter, test_trust="allowed")
    return verify(data, trust=bureau.store(*bureau.ecids), at=bureau.at, asking=asking)


def test_rules_read_the_covered_data_of_a_driving_licence() -> None:
    bureau = Bureau("chuanyu")
    good = listed(bureau, driving(bureau), "500103", "vehicle.rental")
    assert good.decision is Decision.ACCEPT, good.render("zh", detail="full")
    short = driving(bureau, term_end=date(2025, 6, 30))
    report = listed(bureau, short, "500103", "vehicle.rental")
    assert report.decision is Decision.REFUSE
    assert "rule.failed" in report.reasons()
    assert "剩余有效期不足30天" in report.render("zh")
    motorcycle = driving(bureau, vehicle_classes=["D"])
    report = listed(bureau, motorcycle, "500103", "vehicle.rental")
    assert report.decision is Decision.REFUSE
    report = listed(bureau, motorcycle, "500103", "vehicle.registration")
    assert report.decision is Decision.ACCEPT, report.render("zh", detail="full")


def test_one_way_agreement_with_a_residence_permit() -> None:
    bureau = Bureau("chuanyu")
    record = bureau.record(
        "residence_permit", police(bureau), "510104", type_code=RESIDENCE, changes={}
    )
    data = bureau.pdf(record)
    assert listed(bureau, data, "500116", "school.enrolment").decision is Decision.ACCEPT
    report = listed(bureau, data, "520000", "school.enrolment")
    assert report.decision is Decision.REFER


@pytest.mark.parametrize(
    ("company", "decision", "code"),
    [
        (COMPANIES[1], Decision.REFUSE, "status.cascade"),
        (COMPANIES[2], Decision.REFER, "status.deregistration_announced"),
        ("91510104MA0T00004T", Decision.REFUSE, "status.cancelled"),
        ("91510104MA0T00005X", Decision.REFER, "status.not_listed"),
    ],
)
def test_cascade_of_the_register_reaches_the_other_side(
    *, chuanyu: Bureau, company: str, decision: Decision, code: str
) -> None:
    """Chengdu's register speaks; a window in Chongqing hears it, though the status list says valid."""
    report = ask(chuanyu, chuanyu.pdf(chuanyu.licence(company)), "500103", "enterprise.change")
    assert report.decision is decision, report.render("zh")
    assert code in report.reasons()
    assert report.root.children[-1].verdict.name == "PASSED", "recognition alone would say yes"


def test_cascade_before_the_register_spoke() -> None:
    earlier = Bureau("chuanyu", at=datetime(2025, 5, 9, 1, 0, tzinfo=UTC))
    data = earlier.pdf(earlier.licence(COMPANIES[1]))
    report = ask(earlier, data, "500103", "enterprise.change")
    assert report.decision is Decision.ACCEPT, report.render("zh")


def test_a_body_of_another_city_cannot_issue_for_chengdu(chuanyu: Bureau) -> None:
    """L1: a genuine key of the same federation, listed for another authority."""
    record = chuanyu.licence(COMPANIES[0])
    luzhou = next(
        c for c in chuanyu.offices.federation.codes() if c.startswith("11510500MB0T00001")
    )
    forged = issue(
        record,
        signer=chuanyu.offices.party(luzhou).signer,
        seal=chuanyu.offices.seal(luzhou),
        at=AT - timedelta(hours=1),
    ).data
    report = ask(chuanyu, forged, "500103", "enterprise.change")
    assert report.decision is Decision.REFUSE
    assert "issuer.not_the_signer" in report.reasons()
