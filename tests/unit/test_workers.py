"""`ecert.workers`: order, bounds, and what a process that ends costs."""

from __future__ import annotations

import itertools
import multiprocessing
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import many_kit
from ecert.workers import Lost, StartFailed, in_order


def test_answers_come_in_the_order_of_the_items() -> None:
    items = list(range(50))
    assert list(in_order(items, start=many_kit.start, jobs=3)) == [(i, i) for i in items]
    assert not multiprocessing.active_children()


def test_no_items_start_no_process() -> None:
    assert list(in_order([], start=many_kit.start_broken, jobs=2)) == []


@pytest.mark.parametrize(
    ("item", "how"), [("die", "SIGKILL"), ("leave", "exit 3"), ("raise", "exit 1")]
)
def test_l27_a_killed_process_is_a_lost_answer_and_the_rest_goes_on(item: str, how: str) -> None:
    items: list[object] = [1, 2, item, 3, 4, item, 5]
    answers = list(in_order(items, start=many_kit.start, jobs=2))
    assert answers == [(i, Lost(how) if i == item else i) for i in items]


def test_an_item_that_takes_too_long_is_ended_by_the_system() -> None:
    answers = list(in_order(["spin", 1], start=many_kit.start_impatient, jobs=2))
    assert answers == [("spin", Lost("SIGXCPU")), (1, 1)]


def test_items_are_taken_as_they_are_needed() -> None:
    taken = itertools.count()
    source = (next(taken) for _ in itertools.count())
    answers = in_order(source, start=many_kit.start, jobs=2)
    assert [next(answers) for _ in range(100)] == [(i, i) for i in range(100)]
    assert next(taken) <= 100 + 2 * 8
    answers.close()
    assert not multiprocessing.active_children()


def test_several_processes_share_the_work() -> None:
    pids = {pid for _, pid in in_order(["pid"] * 40, start=many_kit.start, jobs=2)}
    assert 1 <= len(pids) <= 2
    assert multiprocessing.current_process().pid not in pids


def test_processes_that_never_become_ready_are_an_error() -> None:
    with pytest.raises(StartFailed, match="no luck"):
        list(in_order([1], start=many_kit.start_broken, jobs=1))
    with pytest.raises(StartFailed, match="exit 7"):
        list(in_order([1], start=many_kit.start_dying, jobs=1))
    assert not multiprocessing.active_children()


def test_an_error_of_the_source_ends_the_processes() -> None:
    def source():
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(in_order(source(), start=many_kit.start, jobs=2))
    assert not multiprocessing.active_children()
