"""The laws of never-accept.md that bind verification, one test or more for each, named after it.

Cases are the bases of the decision vectors with one thing changed: the judge sees no bytes. What
needs a file stands in tests/integration/test_attacks.py, what needs a command in test_samples.py.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecert.errors import VerificationError
from ecert.report import Decision, Mode, Outcome, Verdict, all_of, failed, unknown
from ecert.trust.status import ask, parse_status_file
from ecert.verification.case import Case, TimestampCase
from ecert.verification.caseform import from_plain
from ecert.verification.judge import find_issuer_signature, judge
from ecert.verification.policy import Policy
from ecert.verification.reporting import Setting, report_of

VECTORS = Path(__file__).resolve().parents[1] / "vectors/decision/decision.json"
BASES = json.loads(VECTORS.read_text("utf-8"))["bases"]
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SIGNED = datetime(2026, 3, 18, 2, tzinfo=UTC)
DAY = timedelta(days=1)
S, G = "signatures.0", "signatures.0.signer"
L = f"{G}.listings.0"


def case(base: str = "plain", **patch) -> Case:
    """Return a base with members replaced; ``__`` in a name stands for a dot."""
    plain = copy.deepcopy(BASES[base])
    for path, value in patch.items():
        *way, last = (int(k) if k.isdigit() else k for k in re.split(r"__|\.", path))
        node = plain
        for key in way:
            node = node[key] if isinstance(node, list) else node.setdefault(key, {})
        node[last] = value
    return from_plain(Case, plain)


def at_path(path: str, value, base: str = "plain") -> Case:
    return case(base, **{path: value})


def report(found: Case, *, at: datetime = AT, policy: Policy | None = None, **setting):
    return report_of(found, policy or Policy.default(), at=at, setting=Setting(**setting))


def decision(found: Case, **more) -> str:
    return report(found, **more).decision.value


def reasons(found: Case, **more) -> set[str]:
    return set(report(found, **more).reasons())


def bad(code: str, ok=None) -> dict:
    return {"ok": ok, "code": code}


@pytest.mark.parametrize("base", ["plain", "sealed"])
def test_the_bases_are_accepted(base):
    assert decision(case(base)) == "accept"
    assert report(case(base)).exit_code == 0


# -- who -------------------------------------------------------------------------------------------


def test_l1_a_chain_to_a_trusted_root_alone_passes_nothing():
    found = case(**{f"{G}.listings": []})
    assert (decision(found), "issuer.not_listed" in reasons(found)) == ("refer", True)


@pytest.mark.parametrize(
    ("path", "value", "answer", "code"),
    [
        (f"{L}.authority", "11310000MB00000001", "refuse", "issuer.not_the_signer"),
        (f"{L}.types", ["11100000000013127D001"], "refuse", "issuer.type_not_allowed"),
        (f"{L}.types", [], "refuse", "issuer.type_not_allowed"),
        (f"{L}.territory", "310000", "refuse", "issuer.region"),
        (f"{L}.territory", "", "refer", "issuer.region_unknown"),
        (f"{L}.kind", "seal-holder", "refer", "issuer.not_listed"),
        (f"{L}.kind", "qr-signer", "refer", "issuer.not_listed"),
        (f"{L}.states", [], "refuse", "issuer.not_in_force"),
        ("data.area_code", None, "refer", "issuer.region_unknown"),
        ("data.issuer_code", None, "refer", "field.uncovered"),
        ("data.type_code", None, "refer", "issuer.type_unknown"),
    ],
)
def test_l1_listed_for_this_authority_type_region_and_day(path, value, answer, code):
    found = at_path(path, value)
    assert (decision(found), code in reasons(found)) == (answer, True)


SEAL = f"{S}.seal"
MAKER = f"{SEAL}.maker.listings.0"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (f"{SEAL}.maker.listings", [], "seal.maker_not_listed"),
        (f"{MAKER}.kind", "certificate-issuer", "seal.maker_not_listed"),
        (f"{MAKER}.territory", "310000", "seal.maker_not_listed"),
        (f"{MAKER}.territory", "", "seal.maker_not_listed"),
        (f"{MAKER}.states", [["granted", "2025-06-01T00:00:00+00:00", None]], "seal.maker_not_listed"),
        (f"{SEAL}.maker", None, "seal.maker_missing"),
        (f"{SEAL}.created", None, "seal.maker_outside_validity"),
    ],
)  # fmt: skip
def test_l2_the_maker_is_listed_for_the_territory_at_creation(path, value, code):
    found = at_path(path, value, "sealed")
    assert (decision(found), code in reasons(found)) == ("refer", True)


def test_l2_a_maker_who_signs_himself_fails_without_both_listings():
    found = case("sealed", **{f"{SEAL}.maker_is_signer": True, f"{SEAL}.maker.listings": []})
    assert (decision(found), reasons(found)) == ("refuse", {"seal.maker_is_signer"})


@pytest.mark.parametrize("territory", ["110000", "110105", "100000"])
def test_l2_a_maker_of_the_holders_own_or_a_wider_territory_counts(territory):
    found = case("sealed", **{f"{MAKER}.territory": territory, f"{L}.territory": "110105"})
    assert decision(found) == "accept"


def test_l3_the_signer_is_the_one_whom_signed_bytes_name():
    found = case(**{f"{S}.bound": bad("signer.not_bound")})
    assert decision(found) == "refer"
    found = case("sealed", **{f"{SEAL}.signer_listed": bad("seal.signer_not_listed", ok=False)})
    assert decision(found) == "refuse"
    found = case(**{f"{G}.usage": bad("signer.usage", ok=False)})
    assert decision(found) == "refuse"


def test_l4_test_trust_is_refer_unless_asked_for_and_never_exit_0():
    assert report(case(), test_trust="refused").exit_code == 11
    allowed = report(case(), test_trust="allowed")
    assert (allowed.decision, allowed.exit_code, bool(allowed)) == (Decision.ACCEPT, 12, False)


def test_l5_every_accept_says_that_it_does_not_know_the_presenter():
    assert "持件人" in report(case()).render("zh")
    assert "does not identify the person" in report(case()).render("en")


# -- what ------------------------------------------------------------------------------------------


def second(**changes) -> dict:
    return {**copy.deepcopy(BASES["plain"]["signatures"][0]), "index": 1, **changes}


def test_l6_another_trusted_signature_completes_nothing():
    plain = copy.deepcopy(BASES["plain"])
    other = second()
    other["signer"]["listings"][0]["authority"] = "11310000MB00000001"
    plain["signatures"][0]["covers_current"] = False
    plain["signatures"].append(other)
    found = from_plain(Case, plain)
    assert find_issuer_signature(found) == 0
    assert decision(found) == "refer"


@pytest.mark.parametrize("code", ["document.drawn_after_issuer", "document.changed_after"])
def test_l6_what_draws_after_the_issuer_fails(code):
    found = case(**{f"{S}.changes_after": bad(code, ok=False)})
    assert (decision(found), reasons(found)) == ("refuse", {code})


@pytest.mark.parametrize(
    ("member", "value"),
    [("covers_current", False), ("coverage", "partial"), ("coverage", "unknown"), ("uncovered", ["x"])],
)  # fmt: skip
def test_l6_the_issuers_signature_covers_all_that_is_shown(member, value):
    assert decision(case(**{f"{S}.{member}": value})) == "refer"


def test_l7_a_field_outside_the_issuers_signature_is_unknown():
    plain = copy.deepcopy(BASES["plain"])
    plain["data"]["fields"][0][1]["covered_by"] = [3]
    assert "field.uncovered" in reasons(from_plain(Case, plain))
    assert decision(from_plain(Case, plain)) == "refer"


def test_l7_a_signature_that_does_not_cover_the_data_is_not_the_issuers():
    found = case(**{f"{S}.covers_data": False})
    assert find_issuer_signature(found) is None
    assert decision(found) != "accept"


@pytest.mark.parametrize(
    ("member", "code", "ok", "answer"),
    [
        ("carriers", "carrier.mismatch", False, "refuse"),
        ("metadata", "certificate.two_metadata", False, "refuse"),
        ("validity", "field.uncovered", None, "refer"),
        ("profile", "profile.not_here", None, "refer"),
        ("ecid_check", "ecid.check", False, "refuse"),
        ("ecid_matches", "ecid.mismatch", False, "refuse"),
    ],
)
def test_l7_carriers_and_data_must_hold(member, code, ok, answer):
    found = case(**{f"data.{member}": bad(code, ok=ok)})
    assert (decision(found), code in reasons(found)) == (answer, True)


def test_l8_a_level_that_was_not_reached_is_no_pass():
    assert decision(case(**{"data.face_level": "none"})) == "refer"
    stricter = Policy.parse(b'id = "r"\nversion = "1"\n[rules]\nface_level = "raster"\n')
    assert decision(case(), policy=stricter) == "refer"
    assert decision(case(**{"data.face": bad("face.mismatch", ok=False)})) == "refuse"


def test_l8_what_can_draw_beside_the_page_fails():
    found = case(**{"format.static": bad("format.active_content", ok=False)})
    assert decision(found) == "refuse"


@pytest.mark.parametrize(
    ("code", "ok", "answer"),
    [("format.multiple_formats", False, "refuse"), ("format.bytes_outside", None, "refer")],
)
def test_l9_one_file_one_format(code, ok, answer):
    assert decision(case(**{"format.single": bad(code, ok=ok)})) == answer


@pytest.mark.parametrize("kind", ["converted", "extract", "other", ""])
def test_l10_only_an_original_or_a_copy_within_its_limits(kind):
    assert decision(case(**{"data.kind": kind})) == "refer"


def test_l10_a_copy_without_known_limits_is_no_pass():
    assert decision(case(**{"data.kind": "copy"})) == "refer"
    assert decision(case(**{"data.kind": "copy", "data.copy": "ok"})) == "accept"
    found = case(**{"data.kind": "copy", "data.copy": bad("copy.other_matter", ok=False)})
    assert decision(found) == "refuse"


# -- when ------------------------------------------------------------------------------------------

REVOKED = {
    "origin": "given", "says": "revoked", "this_update": "2026-11-20T00:00:00+00:00",
    "next_update": "2026-12-10T00:00:00+00:00", "revoked_at": "2026-10-01T00:00:00+00:00",
}  # fmt: skip


def signer_with(*answers: dict, grade: str = "declared") -> Case:
    return case(**{f"{G}.revocation": [list(answers)], f"{S}.time.grade": grade})


def test_l11_a_declared_time_rescues_nothing():
    assert "signer.revoked_no_poe" in reasons(signer_with(REVOKED))
    assert decision(signer_with(REVOKED)) == "refer"
    assert decision(signer_with(REVOKED, grade="proven")) == "accept"
    assert decision(signer_with(REVOKED, grade="witnessed")) == "accept"


def test_l11_a_stolen_key_is_rescued_by_a_proven_time_alone():
    stolen = {**REVOKED, "compromise": True}
    assert decision(signer_with(stolen)) == "refuse"
    assert decision(signer_with(stolen, grade="witnessed")) == "refuse"
    assert decision(signer_with(stolen, grade="proven")) == "accept"
    before = {**stolen, "invalidity_date": "2026-01-01T00:00:00+00:00"}
    assert decision(signer_with(before, grade="proven")) == "refuse"


def test_l11_a_key_known_to_be_stolen_is_not_good_as_of_an_earlier_day():
    stolen = {**REVOKED, "compromise": True}
    assert decision(signer_with(stolen), at=datetime(2026, 9, 1, tzinfo=UTC)) != "accept"


def test_l11_an_untrusted_token_proves_nothing():
    found = signer_with(REVOKED)
    token = TimestampCase(
        gen_time=SIGNED, arithmetic=Outcome(ok=True), trusted=unknown("tsp.untrusted")
    )
    signature = replace(found.signatures[0], timestamps=(token,))
    assert decision(replace(found, signatures=(signature,))) == "refer"


@pytest.mark.parametrize("grade", ["declared", "absent"])
def test_l11_merely_expired_is_unknown_without_a_firm_time(grade):
    found = case(
        **{
            f"{G}.not_after": "2026-06-01T00:00:00+00:00",
            f"{L}.signed": False,
            f"{S}.time.grade": grade,
        }
    )
    assert (decision(found), "signer.expired_no_poe" in reasons(found)) == ("refer", True)


def test_l11_an_interval_must_hold_throughout():
    found = case(**{f"{S}.time.earliest": "2023-12-31T20:00:00+00:00"})
    assert "signer.outside_validity" in reasons(found)


@pytest.mark.parametrize(
    ("moment", "answer"),
    [
        (datetime(2036, 3, 17, 15, 59, 59, tzinfo=UTC), "passed"),
        (datetime(2036, 3, 17, 16, 0, 0, tzinfo=UTC), "failed"),
        (datetime(2026, 3, 17, 15, 59, 59, tzinfo=UTC), "failed"),
        (datetime(2026, 3, 17, 16, 0, 0, tzinfo=UTC), "passed"),
    ],
)
def test_l12_days_are_those_of_shanghai_end_inclusive(moment, answer):
    check = judge(case(), Policy.default(), moment).root.find("status.validity")
    assert check is not None
    assert check.verdict.value == answer


def test_l13_a_clock_before_a_signed_time_never_accepts():
    from ecert.report import Condition

    suspect = (Condition(code="trust.clock_suspect", met="no"),)
    assert report(case(), conditions=suspect).exit_code == 11


@pytest.mark.parametrize("mode", [Mode.AS_OF, Mode.SIMULATED])
def test_l14_only_a_live_answer_is_exit_0(mode):
    found = report(case(), mode=mode)
    assert (found.decision, found.exit_code, bool(found)) == (Decision.ACCEPT, 12, False)
    with pytest.raises(VerificationError):
        found.require()


# -- what is known ---------------------------------------------------------------------------------


def test_l15_no_signature_at_all_fails_by_name():
    assert reasons(case(signatures=[])) == {"document.unsigned"}


ABSENT = {
    "signatures": [], "data": None, "status": {}, f"{G}.listings": [],
    f"{S}.signer": None, f"{S}.algorithms": [], f"{L}.issued_at": None, f"{L}.states": [],
    "status.issued_at": None, "data.issue_date": None, f"{S}.coverage": "unknown",
}  # fmt: skip


@pytest.mark.parametrize("path", [p for p in ABSENT if p != "data.issue_date"])
def test_l15_absence_never_passes(path):
    assert decision(at_path(path, ABSENT[path])) != "accept"


@pytest.mark.parametrize("path", ["digest", "value", "structure", "bound", "changes_after"])
def test_l15_what_was_not_computed_never_passes(path):
    assert decision(case(**{f"{S}.{path}": bad("check.not_computed")})) == "refer"


def test_l15_an_empty_revocation_path_is_unknown():
    assert "revocation.unknown" in reasons(case(**{f"{G}.revocation": [], f"{L}.signed": False}))


def test_l15_one_certificate_of_the_path_without_evidence_is_enough():
    good = BASES["plain"]["signatures"][0]["signer"]["revocation"][0]
    found = case(**{f"{G}.revocation": [good, []], f"{L}.signed": False})
    assert decision(found) == "refer"


def test_l15_a_seal_signature_without_its_seal_is_no_signature_without_a_seal():
    assert decision(case("sealed", **{SEAL: None})) == "refer"


def test_l15_an_issuer_list_without_a_fresh_date_is_unknown():
    for member, value in (("issued_at", "2026-01-01T00:00:00+00:00"), ("next_update", "2026-11-01T00:00:00+00:00")):  # fmt: skip
        found = case(**{f"{L}.{member}": value})
        assert (decision(found), "trust.stale" in reasons(found)) == ("refer", True)


def test_l15_a_policy_that_skips_everything_is_no_pass():
    every = [c.id for c in judge(case(), Policy.default(), AT).root.children]
    text = f'id = "none"\nversion = "1"\n[checks]\nadvisory = {json.dumps(every)}\n'
    loose = Policy.parse(text.encode())
    assert loose.accept == "never"
    assert decision(case(), policy=loose) != "accept"
    assert judge(case(), replace(loose, accept="allowed"), AT).root.verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize(
    ("patch", "answer", "code"),
    [
        ({"status.answer": "none"}, "refer", "status.unknown"),
        ({"status.answer": "not_listed"}, "refer", "status.not_listed"),
        ({"status.state": "suspended"}, "refuse", "status.suspended"),
        ({"status.state": "strange"}, "refer", "status.unknown_state"),
        ({"status.state": "valid", "status.since": "2027-01-01T00:00:00+00:00"}, "refer", "status.unknown_state"),
        ({"status.issued_at": "2026-11-01T00:00:00+00:00"}, "refer", "status.too_old"),
        ({"status.cascade.answer": "event", "status.cascade.effect": "refuse"}, "refuse", "status.cascade"),
        ({"status.cascade.answer": "event", "status.cascade.effect": "refer"}, "refer", "status.cascade"),
    ],
)  # fmt: skip
def test_l16_status_says_yes_only_to_the_listed(patch, answer, code):
    found = case(**patch)
    assert (decision(found), code in reasons(found)) == (answer, True)


@pytest.mark.parametrize(
    ("patch", "answer"),
    [
        ({"answer": "none"}, "refer"),
        ({"answer": "not_listed"}, "refer"),
        ({"state": "cancelled"}, "refuse"),
        ({"state": "suspended"}, "refuse"),
        ({"state": "strange"}, "refer"),
        ({"state": "active", "since": "2026-11-01T00:00:00+00:00"}, "accept"),
        ({"state": "active", "since": "2027-01-01T00:00:00+00:00"}, "refer"),
        ({"issued_at": "2026-10-01T00:00:00+00:00"}, "refer"),
    ],
)
def test_l16_the_seals_status_is_a_question_of_its_own(patch, answer):
    found = case("sealed", **{f"{SEAL}.status.{k}": v for k, v in patch.items()})
    assert decision(found) == answer


def snapshot(day: int, entries: dict[str, str], *, list_id: str = "one"):
    issued = datetime(2026, 11, day, tzinfo=UTC)
    body = {
        "schema": "ecert.status/1", "list_id": list_id, "publisher": "x", "version": str(day),
        "issued_at": issued.isoformat(), "next_update": (issued + 7 * DAY).isoformat(),
        "certificates": [{"id": k, "state": v} for k, v in entries.items()],
        "seals": [],
    }  # fmt: skip
    return parse_status_file(body, f"{day}.json")


def test_l16_a_newer_snapshot_withdraws_what_it_leaves_out():
    old, new = snapshot(18, {"a": "valid"}), snapshot(20, {"b": "valid"})
    assert ask((old, new), "a", "certificates").answer == "not_listed"
    assert ask((new, old), "a", "certificates").answer == "not_listed"
    assert ask((old,), "a", "certificates").answer == "listed"
    elsewhere = snapshot(20, {"b": "valid"}, list_id="two")
    assert ask((old, elsewhere), "a", "certificates").answer == "listed"


def test_l16_the_newest_snapshot_of_a_list_speaks_and_of_two_lists_the_worse():
    old, new = snapshot(18, {"a": "cancelled"}), snapshot(20, {"a": "valid"})
    assert ask((old, new), "a", "certificates").entry.state == "valid"
    elsewhere = snapshot(20, {"a": "valid"}, list_id="two")
    answer = ask((old, elsewhere), "a", "certificates")
    assert (answer.answer, answer.entry.state) == ("listed", "cancelled")


@pytest.mark.parametrize("origin", ["given", "file"])
def test_l17_evidence_condemns_whoever_brings_it_and_clears_only_fresh(origin):
    good = {**REVOKED, "says": "good", "revoked_at": None, "origin": origin}
    assert decision(signer_with(good)) == "accept"
    assert decision(signer_with(good, {**REVOKED, "origin": origin})) == "refer"
    stale = {
        **good,
        "this_update": "2026-04-01T00:00:00+00:00",
        "next_update": "2026-05-01T00:00:00+00:00",
    }
    assert "revocation.stale" in reasons(signer_with(stale))
    assert decision(signer_with(stale, grade="proven")) == "accept"


def test_l17_only_a_signed_and_fresh_listing_replaces_revocation_evidence():
    none = {f"{G}.revocation": [[]]}
    assert decision(case(**none)) == "accept"
    assert decision(case(**none, **{f"{L}.signed": False})) == "refer"


@pytest.mark.parametrize("met", ["no", "unknown"])
def test_l20_an_open_condition_is_never_an_accept(met):
    from ecert.report import Condition

    found = report(case(), conditions=(Condition(code="trust.clock_suspect", met=met),))
    assert (found.decision, found.exit_code) == (Decision.REFER, 11)


# -- how -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "quirk", ["sm2.no_z", "sm2.user_id", "cms.no_signed_attributes", "anything"]
)
def test_l22_tolerance_is_a_closed_list(quirk):
    found = case(**{f"{S}.quirks": [quirk]})
    assert (decision(found), "signature.quirk" in reasons(found)) == ("refer", True)


def test_l22_a_tolerated_spelling_is_named():
    found = report(case(**{f"{S}.quirks": ["seal.unused_bits"]}))
    assert found.decision is Decision.ACCEPT
    assert found.signatures[0].quirks == ("seal.unused_bits",)


@pytest.mark.parametrize("weak", ["md5", "sha1", "rsa-1024"])
def test_l22_weak_algorithms_never_accompany_an_accept(weak):
    assert decision(case(**{f"{S}.weak": [weak]})) == "refer"
    assert decision(case(**{f"{S}.algorithms": [weak, "rsa"]})) == "refer"


@pytest.mark.parametrize(
    "text",
    [
        '[checks]\nadvisory = ["seal.picture", "signer.revocation"]',
        '[checks]\noptional = ["status.certificate"]',
        '[checks]\nrequired = ["signed"]',
        "[limits]\ncrl_age_s = 99999999",
        "[limits]\nstatus_age_s = 99999999",
        '[algorithms]\ndigests = ["sm3", "sha1"]',
        '[rules]\nface_level = "none"',
    ],
)
def test_l23_a_weaker_policy_never_accepts(text):
    weaker = Policy.parse(f'id = "w"\nversion = "1"\n{text}\n'.encode())
    assert weaker.accept == "never"
    found = report(case(), policy=weaker)
    assert (found.decision, found.exit_code) == (Decision.REFER, 11)
    assert "policy.cannot_accept" in found.reasons()


@pytest.mark.parametrize(("state", "answer"), [("granted", "accept"), ("withdrawn", "refer")])
def test_l1_direct_trust_that_was_withdrawn_vouches_for_nothing(state, answer):
    """The key goes on under a listing that asks for a chain; the old one must not lend it its own."""
    signer = BASES["plain"]["signatures"][0]["signer"]
    (listing,) = signer["listings"]
    old = {**listing, "direct_trust": True, "states": [[state, "2020-01-01T00:00:00+00:00", None]]}
    found = case(
        signatures__0__signer__chain=bad("signer.chain_unknown"),
        signatures__0__signer__listings=[listing, old],
    )
    assert decision(found) == answer


@pytest.mark.parametrize(
    "change",
    [
        {"advisory": frozenset({"signer"})},
        {"required": frozenset()},
        {"crl_age_s": 10**9},
        {"digests": frozenset({"sha1", "sm3"})},
        {"face_level": "none"},
        {"until": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_l23_a_weaker_policy_made_by_hand_never_accepts(change):
    """A caller of the library need not read a file to weaken a policy."""
    found = report(case(), policy=replace(Policy.default(), **change))
    assert (found.decision, "policy.cannot_accept" in found.reasons()) == (Decision.REFER, True)


def test_l23_integrity_never_accepts():
    assert decision(case(), policy=Policy.load("integrity")) == "refer"


def test_l24_the_judge_is_a_function_of_its_arguments():
    texts = {report(case("sealed")).to_json() for _ in range(3)}
    assert len(texts) == 1


def test_l26_personal_values_are_masked_unless_asked_for():
    plain = copy.deepcopy(BASES["plain"])
    plain["data"]["fields"][0][1].update(value="11010519491231002X", personal=True)
    found = report(from_plain(Case, plain))
    assert "11010519491231002X" not in found.to_json() + found.render("zh", detail="full")
    assert "11010519491231002X" in found.to_json(reveal="personal")


def test_a_verdict_cannot_be_written_over():
    """L15: a group follows from its children; there is no setter to lean on."""
    group = all_of("x", [])
    assert group.verdict is Verdict.INDETERMINATE
    with pytest.raises(ValueError, match="does not follow"):
        replace(group, verdict=Verdict.PASSED)
    assert failed("document.unsigned").ok is False
