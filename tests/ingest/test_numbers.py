"""Which numbers are stored: intervals against a plain set, and what memory lets go."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest import numbers
from ingest.numbers import Intervals, Numbers

SMALL = st.integers(0, 40)


@given(st.lists(SMALL, max_size=80))
def test_intervals_are_a_set(added: list[int]) -> None:
    intervals, plain = Intervals(), set[int]()
    for number in added:
        assert intervals.add(number) == (number not in plain)
        plain.add(number)
    assert {n for first, last in intervals.spans() for n in range(first, last + 1)} == plain
    spans = intervals.spans()
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(spans))
    gap = next(n for n in range(42) if n not in plain)
    assert intervals.covered() == gap - 1


@given(st.lists(st.tuples(SMALL, SMALL).map(sorted), max_size=12))
def test_spans_join(spans: list[list[int]]) -> None:
    built, loaded = Intervals(), Intervals([(first, last) for first, last in spans])
    for first, last in spans:
        built.add_span(first, last)
        assert built.holds(first, last)
    assert built.spans() == loaded.spans()


def test_what_a_board_sends_again_tells_that_it_no_longer_has_what_came_before() -> None:
    intervals = Intervals([(0, 4), (8, 9)])
    assert intervals.covered() == 4
    intervals.sent_again(9)
    assert intervals.covered() == 4  # 9 was no beginning: nothing is said of 5 to 7
    intervals.sent_again(8)
    assert intervals.covered() == 9
    assert intervals.add(6)  # still new, should it come after all


def test_what_was_let_go_is_read_back() -> None:
    loads: list[tuple[int, str]] = []

    def load(boot: tuple[int, str]) -> list[tuple[int, int]]:
        loads.append(boot)
        return [(0, 5)]

    known = Numbers(load)
    assert not known.of((1, "a")).add(3)
    known.of((1, "a"))
    assert loads == [(1, "a")]
    known.forget()
    assert known.of((1, "a")).add(6)
    assert len(loads) == 2


def test_boots_that_were_not_heard_of_lately_are_let_go() -> None:
    known = Numbers(lambda _: [])
    for number in range(numbers._KEPT_BOOTS + 10):
        known.of((1, str(number))).add(0)
    known.trim()
    assert not known.of((1, str(numbers._KEPT_BOOTS + 9))).add(0)
    assert known.of((1, "0")).add(0)  # the oldest is asked of the store again, which has nothing here
