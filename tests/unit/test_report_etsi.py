"""The projection to ETSI EN 319 102-1: the standard's names, its order, and never more than our own tree."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import pytest

from ecert.report import OK, Check, Outcome, all_of, failed, leaf, not_applicable, unknown
from ecert.report.codes import registry
from ecert.report.etsi import CUSTOM, INDETERMINATE, ORDER, TOTAL_FAILED, project

ROOT = Path(__file__).resolve().parents[2]
# Table 6 of EN 319 102-1 V1.4.1, typed from the standard, not taken from the module.
TABLE_6_FAILED = {
    "FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID",
}  # fmt: skip
TABLE_6_INDETERMINATE = {
    "SIG_CONSTRAINTS_FAILURE", "CHAIN_CONSTRAINTS_FAILURE", "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE", "POLICY_PROCESSING_ERROR", "SIGNATURE_POLICY_NOT_AVAILABLE",
    "TIMESTAMP_ORDER_FAILURE", "NO_SIGNING_CERTIFICATE_FOUND", "NO_CERTIFICATE_CHAIN_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", "REVOKED_NO_POE", "REVOKED_CA_NO_POE",
    "OUT_OF_BOUNDS_NOT_REVOKED", "OUT_OF_BOUNDS_NO_POE", "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "NO_POE", "TRY_LATER", "SIGNED_DATA_NOT_FOUND", "CUSTOM",
}  # fmt: skip


def tree(**leaves: Outcome) -> Check:
    """One signature with every group passed but for the leaves given as group_name=outcome."""
    groups = []
    for kind in ("signature", "signer", "time", "seal"):
        own = [leaf(f"{kind}[0].{n}", o) for n, o in leaves.items() if n.startswith(kind)]
        groups.append(all_of(f"{kind}[0]", [leaf(f"{kind}[0].first", OK), *own]))
    form = [leaf(f"format.{n}", o) for n, o in leaves.items() if n.startswith("format")]
    groups.insert(0, all_of("format", [leaf("format.recognized", OK), *form]))
    return all_of("report", [all_of("authenticity", groups)])


def said(root: Check) -> tuple[str, str | None]:
    found = project(root)[0]
    return found.indication, found.sub_indication


def test_the_names_are_the_closed_list_of_the_standard() -> None:
    assert set(TOTAL_FAILED) == TABLE_6_FAILED
    assert set(INDETERMINATE) == TABLE_6_INDETERMINATE
    assert len(ORDER) == len(set(ORDER)) == 26


@pytest.mark.parametrize(
    "entry", [e for e in registry().values() if e.etsi], ids=lambda entry: entry.code
)
def test_every_sub_indication_of_the_catalogue_maps(entry) -> None:
    assert entry.etsi in TABLE_6_FAILED | TABLE_6_INDETERMINATE
    indication, name = said(tree(signature_x=failed(entry.code)))
    assert name == entry.etsi
    assert indication == ("TOTAL-FAILED" if entry.etsi in TABLE_6_FAILED else "INDETERMINATE")


def test_total_passed_needs_every_check_of_the_signature() -> None:
    assert said(tree()) == ("TOTAL-PASSED", None)
    assert said(tree(time_order=unknown("time.absent"))) == ("INDETERMINATE", CUSTOM)
    assert said(tree(format_static=unknown("format.active_content"))) == ("INDETERMINATE", CUSTOM)
    assert said(tree(signer_chain=unknown("signer.chain_unknown"))) == (
        "INDETERMINATE",
        "NO_CERTIFICATE_CHAIN_FOUND",
    )


@pytest.mark.parametrize("missing", ["signature[0]", "signer[0]", "time[0]"])
def test_l15_a_group_that_is_not_there_never_passes(missing: str) -> None:
    (axis,) = tree().children
    rest = [c for c in axis.children if c.id != missing]
    assert said(all_of("report", [all_of("authenticity", rest)]))[0] == "INDETERMINATE"


def test_l15_a_group_in_which_nothing_counted_never_passes() -> None:
    (axis,) = tree().children
    nothing = all_of("signer[0]", [not_applicable("signer[0].chain", "time.no_token")])
    rest = [nothing if c.id == "signer[0]" else c for c in axis.children]
    assert said(all_of("report", [all_of("authenticity", rest)])) == ("INDETERMINATE", CUSTOM)


def test_the_policy_s_weights_do_not_make_a_signature_pass() -> None:
    (axis,) = tree().children
    loose = all_of(
        "signer[0]",
        [leaf("signer[0].usage", OK), leaf("signer[0].chain", unknown("signer.chain_unknown")).advisory()],
    )  # fmt: skip
    rest = [loose if c.id == "signer[0]" else c for c in axis.children]
    assert said(all_of("report", [all_of("authenticity", rest)]))[0] == "INDETERMINATE"


def test_total_failed_only_where_our_own_check_failed() -> None:
    assert said(tree(signature_digest=failed("cms.digest_mismatch"))) == (
        "TOTAL-FAILED",
        "HASH_FAILURE",
    )
    assert said(tree(signature_digest=unknown("cms.digest_mismatch"))) == ("INDETERMINATE", CUSTOM)


# One code for each step of clause 5.3.4, in the standard's order.
STEPS = (
    ("signature_structure", failed("pdf.byte_range"), "FORMAT_FAILURE"),
    ("signature_bound", unknown("signature.no_certificate"), "NO_SIGNING_CERTIFICATE_FOUND"),
    ("signature_content", unknown("cms.content_needed"), "SIGNED_DATA_NOT_FOUND"),
    ("signature_digest", failed("cms.digest_mismatch"), "HASH_FAILURE"),
    ("signature_value", failed("crypto.signature_mismatch"), "SIG_CRYPTO_FAILURE"),
    ("signer_chain", unknown("signer.chain_unknown"), "NO_CERTIFICATE_CHAIN_FOUND"),
    ("signer_revocation", failed("signer.revoked"), "REVOKED_NO_POE"),
    ("signer_fresh", unknown("revocation.unknown"), "TRY_LATER"),
    ("signer_usage", failed("signer.usage"), "CHAIN_CONSTRAINTS_FAILURE"),
    ("signer_validity", unknown("signer.expired_no_poe"), "OUT_OF_BOUNDS_NO_POE"),
    ("signature_attributes", failed("cms.algorithm_protection"), "SIG_CONSTRAINTS_FAILURE"),
    ("signature_algorithm", unknown("algorithm.weak"), "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
    ("time_order", unknown("time.order"), "TIMESTAMP_ORDER_FAILURE"),
    ("time_x", unknown("time.absent"), CUSTOM),
)


@pytest.mark.parametrize("pair", list(itertools.combinations(STEPS, 2)), ids=lambda p: p[0][2])
def test_the_earlier_step_of_the_standard_wins(pair) -> None:
    (one, earlier, name), (other, later, _) = pair
    assert said(tree(**{one: earlier, other: later}))[1] == name
    assert said(tree(**{other: later, one: earlier}))[1] == name


def test_a_pass_by_a_rule_of_our_own_is_not_theirs() -> None:
    listed = Outcome(ok=True, code="time.by_listing")
    assert said(tree(signer_validity=listed)) == ("INDETERMINATE", "OUT_OF_BOUNDS_NOT_REVOKED")
    noted = Outcome(ok=True, code="signer.revoked_later", params=(("at", "x"),))
    assert said(tree(signer_revocation=noted)) == ("TOTAL-PASSED", None)


def failing_codes() -> set[str]:
    """Return the codes that the source gives with a FAILED verdict."""
    return {
        node.args[0].value
        for path in (ROOT / "src/ecert").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "failed"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_failure_that_they_call_indeterminate_is_listed() -> None:
    page = (ROOT / "docs/reference/report.md").read_text("utf-8")
    section = page.partition("## ETSI")[2].partition("\n## ")[0]
    codes = {c for c in failing_codes() if c in registry() and registry()[c].etsi in INDETERMINATE}
    assert "signer.revoked" in codes
    assert sorted(c for c in codes if f"`{c}`" not in section) == []


def test_signatures_are_told_apart() -> None:
    groups = [
        all_of(f"{kind}[{i}]", [leaf(f"{kind}[{i}].x", outcome if kind == "signature" else OK)])
        for i, outcome in ((0, failed("cms.digest_mismatch")), (1, OK))
        for kind in ("signature", "signer", "time")
    ]
    found = project(all_of("report", [all_of("authenticity", groups)]))
    assert {i: p.indication for i, p in found.items()} == {0: "TOTAL-FAILED", 1: "TOTAL-PASSED"}
