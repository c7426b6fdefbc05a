"""NIST PKITS: every case of two transcriptions through our path validation, and through the judge."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pkits_kit as kit
from ecert.crypto import chain, crl
from ecert.crypto.crl import CRLFacts
from ecert.crypto.crl_scope import CRLScope
from ecert.crypto.keys import SignatureCheck
from ecert.crypto.path_validation import PathRules
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report import Verdict
from ecert.trust.store import TrustStore
from ecert.verification.case import Case, SignatureCase, SigningTime
from ecert.verification.checks.context import Context
from ecert.verification.checks.signer import signer
from ecert.verification.policy import Policy
from ecert.verification.relating import Relating

if not kit.FOLDER.exists():
    pytest.skip("../shared/samples is absent", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("case", kit.vectors(), ids=lambda case: case.name.replace(" ", "_"))
def test_pkits(case):
    answer = kit.answer(case)
    assert answer.as_expected(case), answer


@pytest.mark.parametrize("case", kit.second(), ids=lambda case: case.name.replace(" ", "_"))
def test_pkits_as_transcribed_elsewhere(case):
    answer = kit.answer(case)
    assert answer.as_expected(case), answer


def test_pkits_is_whole():
    assert len(kit.vectors()) == 249
    assert sum(case.valid for case in kit.vectors()) == 114
    assert len(kit.second()) == 246
    assert {case.section for case in kit.vectors()} == set(kit.SECTIONS)


REASONS = {
    "4.1": {"signer.chain_signature"},
    "4.2": {"signer.chain_dates"},
    "4.3": {"signer.chain_unknown"},
    "4.4": {"revoked", "unknown"},
    "4.5": {"revoked", "signer.chain_not_ca"},
    "4.6": {"signer.chain_not_ca", "signer.chain_path_length"},
    "4.7": {"signer.chain_usage", "unknown"},
    "4.8": {"signer.chain_policy"},
    "4.9": {"signer.chain_policy"},
    "4.10": {"signer.chain_policy", "signer.chain_policy_mapping"},
    "4.11": {"signer.chain_policy"},
    "4.12": {"signer.chain_policy"},
    "4.13": {"signer.chain_name_excluded", "signer.chain_name_not_permitted"},
    "4.14": {"revoked", "unknown"},
    "4.15": {"revoked", "unknown"},
    "4.16": {"signer.chain_unsupported"},
}


@pytest.mark.parametrize("section", kit.SECTIONS)
def test_each_section_is_refused_for_what_it_tries(section):
    cases = [case for case in kit.vectors() if case.section == section and not case.valid]
    assert {kit.answer(case).reason.partition(":")[0] for case in cases} == REASONS[section]


def test_no_case_holds_without_its_lists_or_its_anchor():
    """L15: what is missing never passes."""
    for case in kit.vectors():
        if case.valid:
            assert kit.answer(replace(case, crls=())).verdict == "unknown", case.name


def judged(case: kit.Case) -> Verdict:
    """The signer's axis of the judge, with the suite's anchor and lists as the operator's trust."""
    try:
        leaf = kit.certificate(case.leaf)
        pool = [kit.certificate(name) for name in case.others]
        trust = TrustStore(
            name="pkits",
            sha256=sha256(b"").hexdigest(),
            anchors=(kit.certificate(kit.ANCHOR),),
            crls=tuple(kit.crl(name) for name in case.crls),
        )
    except MalformedInput:
        return Verdict.FAILED
    who = Relating(trust=trust, limits=Limits()).signer(leaf, pool)
    one = SignatureCase(index=0, kind="cms", signer=who)
    policy = replace(Policy.default(), crl_age_s=20 * 366 * 86400)
    ctx = Context(case=Case(signatures=(one,)), policy=policy, at=kit.AT)
    time = SigningTime(grade="declared", earliest=kit.AT, latest=kit.AT)
    return signer(ctx, 0, who, time, status=Verdict.PASSED).verdict


def test_l22_the_judge_takes_no_invalid_case_and_of_the_valid_all_but_the_old_ones():
    refused = set()
    for case in kit.vectors():
        if case.rules != PathRules():
            continue  # the judge asks for no certificate policy
        verdict = judged(case)
        if not case.valid:
            assert verdict is not Verdict.PASSED, case.name
        elif verdict is not Verdict.PASSED:
            refused.add(case.name.split()[0])
    old = {"4.1.4", "4.1.5", "4.3.6"}  # DSA twice, unique identifiers: computed, never accepted
    authorities = {"4.6.8", "4.6.14", "4.8.6", "4.14.13"}  # the last certificate signs no document
    assert refused == old | authorities


def test_l22_old_algorithms_clear_nothing_unless_a_test_says_so():
    case = next(case for case in kit.vectors() if case.name.startswith("4.1.4 "))
    leaf, issuer = kit.certificate(case.leaf), kit.certificate(case.others[0])
    lists = tuple(kit.crl(name) for name in case.crls)
    above = (issuer, kit.certificate(kit.ANCHOR))
    assert CRLScope(crls=lists).answers(leaf, above) == ()
    assert CRLScope(crls=lists, tolerated=kit.OLD).answers(leaf, above)[0].says == "good"


def damaged(rng: random.Random, data: bytes) -> bytes:
    octets = bytearray(data)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        place = rng.randrange(max(1, len(octets) - 300))  # not the signature
        octets[place] = rng.choice(
            [rng.randrange(256), octets[place] ^ 1 << rng.randrange(8), 0x80]
        )
    return bytes(octets)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_rules_and_lists_end_in_an_answer(monkeypatch, seed):
    """Signatures are made to hold, so that the rules and scopes see the damage."""
    holds = SignatureCheck(ok=True)
    monkeypatch.setattr(chain, "check_issued", lambda *_: holds)
    monkeypatch.setattr(crl, "check_with", lambda *_: holds)
    rng = random.Random(seed)
    reached = 0
    for case in rng.sample(kit.vectors(), 60):
        files = {name: kit.FOLDER / "certs" / name for name in (*case.others, case.leaf)}
        try:
            *pool, leaf = (
                CertificateFacts.parse(damaged(rng, path.read_bytes())) for path in files.values()
            )
            lists = tuple(
                CRLFacts.parse(damaged(rng, (kit.FOLDER / "crls" / name).read_bytes()))
                for name in case.crls
            )
        except MalformedInput:
            continue
        anchor = kit.certificate(kit.ANCHOR)
        found = chain.build_chain(leaf, pool=pool, anchors=[anchor], rules=case.rules, at=kit.AT)
        reached += bool(found.path)
        path = found.path or (leaf, *reversed(pool), anchor)
        scope = CRLScope(crls=lists, pool=(*pool, anchor))
        for place, link in enumerate(path[:-1], start=1):
            scope.answers(link, path[place:])
    assert reached


def test_the_table_in_the_documentation_is_current():
    script = ROOT / "tools/make_pkits_table.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
