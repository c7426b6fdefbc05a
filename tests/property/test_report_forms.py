"""JSON, page and ETSI projection of random reports with random texts in every foreign place."""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "property"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

import test_report as laws
from test_report_output import sample

from ecert.report import Check, FieldView, Mode, Reason, Subject, Verdict, all_of
from ecert.report.etsi import ORDER, TOTAL_FAILED, project
from page_kit import parsed

pytestmark = pytest.mark.property
SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "src/ecert/report/report.schema.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    [
        "</style>",
        "]]>",
        "<!--",
        "&#x202e;",
        "\u202e",
        "\ud800",
        "\x00",
        "' onload='x",
        "{0}",
        "{name!r}",
    ]
)


@UNTIMED
@given(
    st.lists(laws.trees, min_size=4, max_size=4),
    st.sampled_from(list(Mode)),
    st.sampled_from(["yes", "no", "unknown"]),
    st.sampled_from(["none", "allowed"]),
)
def test_every_report_is_valid_by_the_schema(axes, mode, met, test) -> None:
    report = laws.report_of(axes, mode, met, test)
    VALIDATOR.validate(replace(report, policy=replace(report.policy, sha256="0" * 64)).to_dict())


@UNTIMED
@given(texts, texts, st.sampled_from(["zh", "en"]), st.sampled_from(["masked", "personal"]))
def test_l26_no_text_of_a_file_becomes_markup_or_hides(one, two, lang, reveal) -> None:
    base = sample()
    leaf = Check(
        id="status.source",
        verdict=Verdict.FAILED,
        reasons=(Reason.of("status.cancelled", since=two),),
    )
    view = replace(
        base.certificate,
        fields={
            one: FieldView(value=two, source=one, covered_by=None, personal=True, label=(two, one))
        },
    )
    report = sample(
        subject=Subject(name=one),
        signatures=(replace(base.signatures[0], signer=two, seal_id=one, quirks=(one,)),),
        certificate=view,
        root=all_of(
            "report",
            [all_of("status", [leaf]) if c.id == "status" else c for c in base.root.children],
        ),
    )
    page = report.to_html(lang, reveal=reveal)
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not [c for c in page if unicodedata.category(c) in hidden and c != "\n"]
    page.encode("utf-8")
    parsed(page)


@UNTIMED
@given(st.lists(laws.trees, min_size=1, max_size=4))
def test_the_projection_never_says_more_than_the_tree(groups) -> None:
    named = [
        replace(all_of(f"{kind}[0]", [tree]), id=f"{kind}[0]")
        for kind, tree in zip(("signature", "signer", "time", "seal"), groups, strict=False)
    ]
    found = project(all_of("report", [all_of("authenticity", named)])).get(0)
    assert found is not None
    leaves = [c for g in named for c in g.walk() if not c.children]
    if found.indication == "TOTAL-PASSED":
        assert len(named) >= 3
        assert all(c.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE) for c in leaves)
    if found.indication == "TOTAL-FAILED":
        assert any(c.verdict is Verdict.FAILED for c in leaves)
        assert found.sub_indication in TOTAL_FAILED
    assert found.sub_indication is None or found.sub_indication in ORDER
