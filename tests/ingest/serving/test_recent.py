"""What is new since a cursor, from memory."""

from __future__ import annotations

from ingest.serving.recent import Recent


def test_a_cursor_gives_what_came_after_it_once() -> None:
    recent = Recent()
    start = recent.since([1], "").cursor
    recent.add([(1, 10, 1.0), (2, 10, 9.0), (1, 5, 2.0)])
    found = recent.since([1], start)
    assert (found.rows, found.complete) == ([(1, 10, 1.0), (1, 5, 2.0)], True)
    assert recent.since([1], found.cursor).rows == []
    assert recent.since([2], start).rows == [(2, 10, 9.0)]
    assert recent.since([], start).rows == []


def test_a_cursor_that_says_nothing_here_asks_to_load_everything() -> None:
    recent = Recent(kept=3)
    start = recent.since([1], "").cursor
    recent.add([(1, n, 0.0) for n in range(5)])
    for cursor in (start, "other:0", "x", ":", f"{start.partition(':')[0]}:99", f"{start.partition(':')[0]}:-1"):
        found = recent.since([1], cursor)
        assert (found.rows, found.complete) == ([], False)
    edge = f"{start.partition(':')[0]}:2"
    assert [t for _, t, _ in recent.since([1], edge).rows] == [2, 3, 4]


def test_of_each_series_the_newest_reading_is_told_once_and_a_late_one_not_at_all() -> None:
    recent = Recent(kept=2)
    start = recent.newest_since(recent.since((), "").cursor).cursor
    recent.add([(1, 10, 1.0), (2, 10, 9.0), (1, 20, 2.0), (1, 15, 7.0)])
    found = recent.newest_since(start)
    assert (found.readings, found.complete) == ({1: (20, 2.0), 2: (10, 9.0)}, True)  # though the ring has lost some
    assert recent.newest_since(found.cursor).readings == {}
    recent.add([(1, 12, 3.0)])
    assert recent.newest_since(found.cursor).readings == {}
    for cursor in ("", "other:0", f"{start.partition(':')[0]}:99"):
        assert not recent.newest_since(cursor).complete
