"""Which numbers are stored: intervals against a plain set, and what memory lets go."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.numbering import numbers
from ingest.numbering.numbers import BootNumbers, Intervals, Numbers

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
    assert intervals.reach(0) == next(n for n in range(42) if n not in plain) - 1
    assert intervals.highest == max(plain, default=-1)
    assert intervals.beginnings(3, 30) == [n for n in range(3, 31) if n in plain and n - 1 not in plain]


@given(st.lists(st.tuples(SMALL, SMALL).map(sorted), max_size=12))
def test_spans_join(spans: list[list[int]]) -> None:
    built, loaded = Intervals(), Intervals([(first, last) for first, last in spans])
    for first, last in spans:
        built.add_span(first, last)
        assert not built.missing(first, last)
    assert built.spans() == loaded.spans()


@given(st.lists(st.tuples(SMALL, SMALL).map(sorted), max_size=8), st.tuples(SMALL, SMALL).map(sorted))
def test_what_is_missing_of_an_interval_is_told_in_parts(spans: list[list[int]], asked: list[int]) -> None:
    intervals = Intervals([(first, last) for first, last in spans])
    plain = {n for first, last in spans for n in range(first, last + 1)}
    parts = intervals.missing(asked[0], asked[1])
    told = [n for first, last in parts for n in range(first, last + 1)]
    assert told == [n for n in range(asked[0], asked[1] + 1) if n not in plain]
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(parts))


@given(st.lists(st.tuples(st.sampled_from(["add", "drop"]), SMALL, SMALL), max_size=30))
def test_what_a_board_gave_up_is_covered_and_still_new_when_it_comes(steps: list[tuple[str, int, int]]) -> None:
    known, arrived, dropped = BootNumbers(), set[int](), set[int]()
    for what, one, other in steps:
        first, last = sorted((one, other))
        span = range(first, last + 1)
        if what == "add":
            news = [n for low, high in known.add(first, last) for n in range(low, high + 1)]
            assert news == [n for n in span if n not in arrived]
            arrived |= set(span)
        else:
            news = [n for low, high in known.give_up(first, last) for n in range(low, high + 1)]
            assert news == [n for n in span if n not in arrived | dropped]
            dropped |= set(news)
    settled = arrived | dropped
    assert known.latest == max(settled, default=-1)
    assert known.covered() == next(n for n in range(42) if n not in settled) - 1
    again = BootNumbers(known.arrived.spans(), known.settled.spans(), told=50)
    assert (again.arrived.spans(), again.settled.spans()) == (known.arrived.spans(), known.settled.spans())
    assert again.latest == 50


def test_what_a_board_sends_again_tells_that_it_no_longer_has_what_came_before() -> None:
    known = BootNumbers([(0, 4), (8, 9)])
    assert known.covered() == 4
    for seconds in (0.0, 30.0):
        known.sent_again(9, 9, 1, seconds)  # no beginning: nothing is said of 5 to 7
    known.sent_again(8, 9, 1, 0.0)
    known.sent_again(8, 8, 1, 5.0)  # 5 to 7 may be on their way
    known.sent_again(8, 8, 2, 30.0)  # they may have come and gone between the connections
    assert known.covered() == 4
    known.sent_again(8, 9, 2, 60.0)
    assert known.covered() == 9
    assert known.add(6, 6) == [(6, 6)]  # still new, should it come after all


def test_the_newest_sample_tells_nothing_of_older_ones_since_it_is_sent_before_them() -> None:
    known = BootNumbers([(0, 4), (8, 8)])
    for seconds in (0.0, 30.0, 60.0):
        known.sent_again(8, 8, 1, seconds)
    assert known.covered() == 4
    known.told = 8  # the boot is over
    for seconds in (0.0, 30.0):
        known.sent_again(8, 8, 1, seconds)
    assert known.covered() == 8


def test_what_was_let_go_is_read_back() -> None:
    loads: list[tuple[int, str]] = []

    def load(boot: tuple[int, str]) -> BootNumbers:
        loads.append(boot)
        return BootNumbers([(0, 5)])

    known = Numbers(load)
    assert not known.of((1, "a")).add(3, 3)
    known.of((1, "a"))
    assert loads == [(1, "a")]
    known.forget()
    assert known.of((1, "a")).add(6, 6)
    assert len(loads) == 2


def test_boots_that_were_not_heard_of_lately_are_let_go() -> None:
    known = Numbers(lambda _: BootNumbers())
    for number in range(numbers._KEPT_BOOTS + 10):
        known.of((1, str(number))).add(0, 0)
    known.trim()
    assert not known.of((1, str(numbers._KEPT_BOOTS + 9))).add(0, 0)
    assert known.of((1, "0")).add(0, 0)  # the oldest is asked of the store again, which has nothing here
