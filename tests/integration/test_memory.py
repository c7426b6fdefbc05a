"""What is remembered changes no answer: cold, warm, in any order, in many threads the same bytes (L24)."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert import memo
from ecert.crypto import publickey
from ecert.crypto.sm2.engine import current_engine, select_engine, use_engine
from ecert.facade import Asking, verify
from ecert.memo import forget_all
from ecert.trust.store import TrustStore
from ecert.verification.policy import Policy

SAMPLES = Path(__file__).resolve().parents[2] / "sample_certs"
FILES = sorted([*SAMPLES.glob("*.pdf"), *SAMPLES.glob("*.ofd")])
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
ASKING = Asking(test_trust="allowed")
# (file, policy, with the trust or without, days later): questions whose answers differ
QUESTIONS = [
    (path, policy, trusted, days)
    for path in FILES
    for policy, trusted, days in (
        ("default", True, 0), ("default", False, 0), ("default", True, 4000), ("authenticity", True, 0), ("domestic", True, 0),
    )
]  # fmt: skip


@cache
def trust() -> TrustStore:
    return TrustStore.load(SAMPLES / "trust")


def answer(question: tuple[Path, str, bool, int]) -> str:
    path, policy, trusted, days = question
    return verify(
        path.read_bytes(),
        trust=trust() if trusted else None,
        policy=Policy.load(policy),
        at=AT + timedelta(days=days),
        asking=ASKING,
    ).to_json()


@cache
def cold() -> tuple[str, ...]:
    """Every answer with nothing remembered."""
    found = []
    for question in QUESTIONS:
        forget_all()
        found.append(answer(question))
    return tuple(found)


def test_the_questions_have_different_answers() -> None:
    assert len(set(cold())) > len(FILES)


def test_l24_warm_answers_are_the_cold_ones() -> None:
    forget_all()
    assert tuple(map(answer, QUESTIONS)) == cold()
    assert tuple(map(answer, QUESTIONS)) == cold()


@pytest.mark.parametrize("seed", range(2))
def test_l24_the_order_of_the_files_does_not_matter(seed: int) -> None:
    forget_all()
    order = list(range(len(QUESTIONS)))
    random.Random(seed).shuffle(order)
    found = {index: answer(QUESTIONS[index]) for index in order}
    assert tuple(found[index] for index in range(len(QUESTIONS))) == cold()


def test_l24_threads_share_what_is_remembered() -> None:
    forget_all()
    with ThreadPoolExecutor(6) as pool:
        assert tuple(pool.map(answer, QUESTIONS)) == cold()


def test_l24_another_engine_computes_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = current_engine()
    path = SAMPLES / "good_cms_sm2.pdf"
    whole = (path, "default", True, 0)
    forget_all()
    answer(whole)
    other = select_engine("pure-python")
    asked: list[int] = []
    genuine = type(other).verify_digest

    def counted(self: object, *given: object) -> bool:
        asked.append(1)
        return genuine(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(type(other), "verify_digest", counted)
    use_engine(other)
    try:
        before = len(asked)
        answer(whole)
        assert len(asked) > before
        again = len(asked)
        answer(whole)
        assert len(asked) == again
    finally:
        use_engine(engine)


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    small: memo.Memo[publickey.SignatureCheck] = memo.Memo(entries=5, size=8 * 2000)
    monkeypatch.setattr(publickey, "_CHECKED", small)
    for question in QUESTIONS[:40]:
        answer(question)
        assert len(small) <= 5
        assert small.weight <= 8 * 2000
    assert len(small) > 1
