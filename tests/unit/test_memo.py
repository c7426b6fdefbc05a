"""What is remembered is bounded, is the computed answer, and is never found by address (L24)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ecert.memo import Memo, forget_all


def test_an_answer_is_computed_once() -> None:
    memo: Memo[int] = Memo(entries=4, size=1000)
    asked: list[int] = []

    def compute() -> int:
        asked.append(1)
        return 7

    assert [memo.ask(b"key", compute, 10) for _ in range(3)] == [7, 7, 7]
    assert len(asked) == 1
    forget_all()
    assert memo.ask(b"key", compute, 10) == 7
    assert len(asked) == 2


def test_the_least_recently_used_is_forgotten_first() -> None:
    memo: Memo[int] = Memo(entries=3, size=1000)
    for number in range(3):
        memo.put(number, number + 1, 1)
    assert memo.get(0) == 1
    memo.put(3, 4, 1)
    assert [memo.get(key) for key in (0, 1, 2, 3)] == [1, None, 3, 4]


def test_bytes_are_bounded_and_a_giant_is_not_kept() -> None:
    memo: Memo[bytes] = Memo(entries=1000, size=800)
    for number in range(100):
        memo.put(number, b"x", 90)
        assert memo.weight <= 800
    assert len(memo) == 8
    memo.put("giant", b"x", 101)
    assert memo.get("giant") is None
    memo.put(99, b"y", 10)
    assert (memo.weight, memo.get(99)) == (7 * 90 + 10, b"y")


def test_what_raises_is_not_remembered() -> None:
    memo: Memo[int] = Memo(entries=3, size=1000)

    def broken() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memo.ask("key", broken, 1)
    assert memo.ask("key", lambda: 5, 1) == 5


def test_l24_equal_keys_are_one_key_wherever_they_lie() -> None:
    memo: Memo[int] = Memo(entries=3, size=1000)
    memo.put((b"ab" + b"c", "sm3"), 1, 1)
    assert memo.get((bytes(bytearray(b"abc")), "sm3")) == 1
    assert memo.get((b"abd", "sm3")) is None


def test_many_threads_see_whole_answers_only() -> None:
    memo: Memo[tuple[int, int]] = Memo(entries=16, size=400)

    def work(seed: int) -> bool:
        keys = [(seed * 7 + step) % 40 for step in range(2000)]
        return all(memo.ask(k, lambda k=k: (k, k * k), 20 + k) == (k, k * k) for k in keys)  # type: ignore[misc]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert len(memo) <= 16
    assert memo.weight <= 400
