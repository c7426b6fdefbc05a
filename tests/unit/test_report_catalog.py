"""Every code has both languages, equal placeholders, and one cause; every code used is known."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from ecert.report.codes import ACTORS, CodeInfo, _sources, info, is_known, placeholders, registry

SRC = Path(__file__).resolve().parents[2] / "src" / "ecert"
HAN = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+)+")
MAKERS = {"failed", "unknown", "Reason", "of", "MalformedInput", "MalformedDocument", "MalformedSeal",
          "TrustError", "PolicyError", "ProfileError", "MappingError", "SigningError", "ECertError",
          "not_applicable", "InvalidIdentifier"}  # fmt: skip


@pytest.mark.parametrize("entry", registry().values(), ids=lambda e: e.code)
def test_entry_is_complete_in_both_languages(entry: CodeInfo) -> None:
    assert CODE.fullmatch(entry.code)
    assert HAN.search(entry.zh)
    assert entry.en
    assert not HAN.search(entry.en)
    assert placeholders(entry.zh) == placeholders(entry.en)
    assert bool(entry.zh_next) == bool(entry.en_next)
    assert not placeholders(entry.zh_next + entry.en_next)
    assert entry.actor in ("", *ACTORS)
    assert not entry.zh.endswith("。")
    assert not entry.en.endswith(".")


def test_an_entry_read_alone_is_the_one_of_the_whole_catalogue() -> None:
    assert set(_sources()) == set(registry())
    assert {code: info(code) for code in registry()} == dict(registry())


def test_a_code_that_is_not_there_is_unknown_alone_too() -> None:
    assert not is_known("no.such_code")
    with pytest.raises(KeyError):
        info("no.such_code")


def used_codes() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = 1 if name == "not_applicable" else 0
            if name not in MAKERS or len(node.args) <= position:
                continue
            arg = node.args[position]
            if (
                isinstance(arg, ast.Constant)
                and isinstance(arg.value, str)
                and CODE.fullmatch(arg.value)
            ):
                found.add((arg.value, str(path.relative_to(SRC))))
    return found


def test_every_code_used_in_the_source_is_in_the_catalogue() -> None:
    missing = sorted({(c, p) for c, p in used_codes() if c not in registry()})
    assert not missing


def test_one_code_one_sentence() -> None:
    sentences: dict[str, list[str]] = {}
    for entry in registry().values():
        sentences.setdefault(entry.en, []).append(entry.code)
    assert not [codes for codes in sentences.values() if len(codes) > 1]


NO_STEP = {
    "recognition.not_asked": "says that a question was not asked",
    "certificate.not_a_copy": "not applicable: nothing is wrong",
    "status.not_superseded": "not applicable: nothing is wrong",
    "status.no_cascade": "a note on a pass",
    "time.no_token": "not applicable: nothing is wrong",
    "agreement.no_assurance": "not applicable: the agreement does not ask for it",
    "agreement.no_conditions": "not applicable: the agreement does not ask for it",
    "agreement.no_rules": "not applicable: the agreement does not ask for it",
    "agreement.conditions": "stands on a pass; each condition has a code of its own",
    "agreement.grandfathered": "a note on a pass",
    "agreement.operator_folder": "a note on a pass",
    "recognition.carried": "a note on a pass",
    "seal.maker_dates_disagree": "a note on a pass",
    "seal.maker_revoked_later": "a note on a pass",
    "signer.direct_trust": "a note on a pass",
    "signer.revoked_later": "a note on a pass",
    "time.by_listing": "a note on a pass",
    "equivalence.lossy": "a note on a pass",
    "issuer.service_changed": "a note on a pass",
    "pdf.link": "a note on a pass",
    "face.compared": "a note on a pass",
    "sm2.engine_unknown": "a wrong argument of a program, with the known names as its hint",
}


def step_is_excused(code: str) -> bool:
    """Return whether a code needs no step of its own.

    Words of what was changed stand beside document.changed_after, which says what to do; a usage error
    (exit 2, never a check) may say all in the sentence that names what is expected.
    """
    return code in NO_STEP or code.startswith("change.")


@pytest.mark.parametrize("entry", registry().values(), ids=lambda e: e.code)
def test_every_refusal_and_referral_says_what_to_do_and_who(entry: CodeInfo) -> None:
    if entry.code.startswith("usage.") and not entry.zh_next:
        assert entry.actor
        return
    if step_is_excused(entry.code):
        assert not entry.zh_next
        return
    assert entry.zh_next
    assert entry.en_next
    assert entry.actor in ACTORS


def test_the_excused_codes_exist_are_few_and_never_refuse_or_refer() -> None:
    assert set(NO_STEP) <= set(registry())
    assert len(NO_STEP) <= 24
    calls = [
        (getattr(node.func, "id", ""), node.args[0].value)
        for path in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    ]
    assert ("failed", "issuer.not_the_signer") in calls
    assert not {c for name, c in calls if name in ("failed", "unknown") and c in NO_STEP}


def test_every_shared_step_is_used() -> None:
    steps = tomllib.loads((SRC / "report/steps.toml").read_text("utf-8"))
    used = {e.zh_next for e in registry().values()}
    assert all(set(body) == {"zh", "en", "actor"} for body in steps.values())
    assert not [name for name, body in steps.items() if body["zh"] not in used]
