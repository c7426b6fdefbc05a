"""Every attack of tests/attacks: never accepted, and the report names what was done."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks import ofd_attacks as ofd
from attacks import pdf_attacks as pdf
from attacks.generator import attacks, good_files, named, run, store, the_world
from attacks.increments import HARMLESS, increments
from attacks.world import AT, DAY, SIGNED, Forgery, licence
from ecert.facade import Asking, verify
from ecert.verification.policy import Policy

ALL = attacks()


@pytest.mark.parametrize(
    "name", ["cms_sm2", "cms_rsa", "cms_p256", "ses", "ofd", "ofd_cms_sm2", "ofd_cms_rsa"]
)
def test_the_good_files_are_accepted(name):
    """Without this every other test here would pass for the wrong reason."""
    report = ask(good_files()[name])
    assert (report.decision.value, report.exit_code, report.reasons()) == ("accept", 12, ())


def ask(data, **more):
    return verify(data, trust=store(), at=AT, asking=Asking(test_trust="allowed", **more))


@pytest.mark.parametrize("attack", ALL, ids=lambda a: a.id)
def test_never_accept(attack):
    report = run(attack)
    assert report.decision.value == attack.decision
    assert report.exit_code not in (0, 12)
    assert attack.reasons <= named(report), report.reasons()
    assert not report
    json.loads(report.to_json())
    for lang in ("zh", "en"):
        assert report.render(lang, detail="full")


def test_the_ids_differ():
    assert len({a.id for a in ALL}) == len(ALL)


@pytest.mark.parametrize("name", ["cms_sm2", "ses"])
def test_validation_data_behind_the_signature_do_no_harm(name):
    """L6: a DSS may follow; the signature is still the issuer's and still covers what is shown."""
    report = ask(pdf.appended_dss(good_files()[name]))
    assert report.decision.value == "accept"
    (one,) = report.signatures
    assert (one.role, one.coverage, one.covers_current) == ("issuer", "revision", True)


def test_no_signature_overwrites_the_verdict_of_another():
    """L6: the second signature is valid and whole, and helps the first in nothing."""
    report = ask(pdf.drawn_over(good_files()["cms_sm2"], the_world().other.signer))
    first, second = report.signatures
    assert (first.role, first.integrity.value) == ("issuer", "passed")
    assert (second.role, second.integrity.value, second.coverage) == ("other", "passed", "whole")
    assert report.root.find("signature[1].changes_after").verdict.value == "passed"
    assert report.root.find("signature[0].changes_after").verdict.value == "failed"


def test_a_broken_second_signature_does_not_hide_behind_the_first():
    data = pdf.drawn_over(good_files()["cms_sm2"], the_world().other.signer)
    at = data.rindex(b"/Contents <") + 600
    broken = data[:at] + (b"00" if data[at : at + 2] != b"00" else b"11") + data[at + 2 :]
    report = ask(broken)
    assert report.decision.value == "refuse"
    assert report.signatures[-1].integrity.value != "passed"


def test_a_trusted_time_stamp_gives_the_grade_proven():
    world = the_world()
    for tsa in (world.tsa, world.tsa_p256):
        report = ask(ofd.stamped(good_files()["ofd"], world, tsa))
        assert report.decision.value == "accept"
        assert report.signatures[0].time.grade == "proven"


def test_a_proven_time_before_the_revocation_rescues_a_declared_one_does_not():
    """L11: the same file, once with the declared time alone, once with a token over it."""
    from attacks.world import YEAR

    world = the_world()
    late = AT - 5 * (YEAR / 365)
    for at, code in ((SIGNED, "signer.revoked_no_poe"), (late, "signer.revoked")):
        data = world.forge(licence(), signer=world.revoked.signer, forgery=Forgery(at=at))
        report = ask(data)
        assert code in report.reasons()


def test_as_of_is_never_exit_0_and_never_true():
    """L14: even on trust that is no test trust."""
    trust = replace(store(lambda files: files), test_only=False)
    for data in good_files().values():
        report = verify(data, trust=trust, at=AT)
        assert (report.decision.value, report.exit_code, bool(report)) == ("accept", 12, False)
        assert report.to_dict()["question"]["mode"] == "as_of"


def check_increments(base, every):
    done = set()
    for number, (what, make) in enumerate(increments(good_files()[base])):
        if number % every and what not in HARMLESS:
            continue
        report = ask(make())
        if what in HARMLESS:
            done.add(what)
            continue
        assert report.decision.value != "accept", what
        assert report.reasons(), what
    assert done == set(HARMLESS)


@pytest.mark.parametrize("base", ["cms_sm2", "cms_rsa", "ses"])
def test_l6_appended_revisions_are_never_accepted(base):
    """Every seventeenth of some 700 revisions that anybody can append; all of them below."""
    check_increments(base, 17)


@pytest.mark.slow
def test_l6_no_appended_revision_is_accepted():
    check_increments("cms_sm2", 1)


class Clock(datetime):
    """A computer's clock that somebody set."""

    shown = AT

    @classmethod
    def now(cls, tz=None):
        return cls.shown.astimezone(tz)


@pytest.fixture
def live(monkeypatch):
    """Judge live, on trust that is no test trust, with the clock at an instant."""
    import ecert.facade

    monkeypatch.setattr(ecert.facade, "datetime", Clock)
    trust = replace(store(lambda files: files), test_only=False)

    def judge(data, shown):
        monkeypatch.setattr(Clock, "shown", shown)
        return verify(data, trust=trust)

    return judge


@pytest.mark.parametrize("name", ["cms_sm2", "ses", "ofd"])
def test_l13_a_clock_set_back_never_accepts(live, name):
    """Back before the lists were made, or forward until they are old: neither makes a file good."""
    data = good_files()[name]
    report = live(data, AT)
    assert (report.decision.value, report.exit_code) == ("accept", 0)
    for days in (2, 20, 29):
        report = live(data, AT - days * DAY)
        assert report.decision.value != "accept"
        assert "trust.clock_suspect" in named(report)
    for days in (40, 400):
        assert live(data, AT + days * DAY).decision.value != "accept"


@pytest.mark.parametrize("name", ["cms_sm2", "ses", "ofd"])
def test_l11_l13_a_clock_set_back_does_not_hide_a_revocation(live, name):
    """The list that names the key was made after the shown instant; what it says still stands."""
    del name
    data = the_world().forge(licence(), signer=the_world().revoked.signer)
    for days in (11, 15, 25):
        assert live(data, AT - days * DAY).decision.value != "accept"


@pytest.mark.parametrize("name", ["cms_sm2", "cms_rsa", "ses", "ofd", "ofd_cms_sm2"])
def test_l18_l19_recognition_is_never_assumed(name):
    """A good file, asked for where nobody agreed to take it: the fourth axis keeps it from accept."""
    for relying in ("440000", "999999", "310000"):
        report = ask(good_files()[name], relying=relying)
        assert report.decision.value != "accept"


@pytest.mark.parametrize("name", ["cms_sm2", "ses", "ofd"])
def test_l16_l17_what_is_good_today_needs_fresh_answers(name):
    """Everything that dates may be stale: one after the other, the file stays the same."""
    data = good_files()[name]
    for days in (8, 31, 100, 4000):
        assert verify(data, trust=store(), at=AT + days * DAY, asking=Asking(test_trust="allowed")).decision.value != "accept"  # fmt: skip


@pytest.mark.parametrize(
    "attack", ["note", "drawn_over", "data", "stripped", "another_authority", "revoked"]
)
def test_l23_no_shipped_policy_accepts_what_default_refuses(attack):
    """Not `integrity`, not `archive`: a policy may be stricter and never opens a door."""
    one = next(a for a in ALL if a.id == attack)
    for policy in ("default", "domestic", "archive", "integrity"):
        report = verify(one.make(), trust=store(), at=AT, policy=Policy.load(policy), asking=Asking(test_trust="allowed"))  # fmt: skip
        assert report.decision.value != "accept"
