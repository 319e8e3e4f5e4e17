"""The loss ledger, from deliveries through the writer to the answer, against plain bookkeeping number by number."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.storage.fold import fold
from telemetry.questions import QUESTIONS, answer
from tests.ingest.conftest import Desk

T = 1_790_000_000_000


def ask(desk: Desk, question: str, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.do(
        lambda: answer(desk.writer.connection, QUESTIONS, question, arguments).to_pylist()
    )
    return found


def send(desk: Desk, seq: int, boot: str = "b", device: str = "window", **more: Any) -> None:
    desk.hand(f"esp32/{device}/output", {"boot": boot, "seq": seq, "t": T + seq * 1_000, "light": seq}, **more)


def give_up(desk: Desk, first: int, last: int, boot: str = "b", device: str = "window") -> None:
    value = {"boot": boot, "count": last - first + 1, "from": first, "to": last}
    desk.hand(f"esp32/{device}/event", {"event": "dropped", "value": value})


def restart(desk: Desk, boot: str, seq: int, device: str = "window", **more: Any) -> None:
    """The status of a board that started anew after `boot`, which had come to `seq`."""
    status = {"online": True, "boot": "next", "previous": {"boot": boot, "seq": seq, "cause": "power"}}
    desk.hand(f"esp32/{device}/status", status, **more)


def at(seq: int) -> int:
    return (T + seq * 1_000) * 1_000


def test_a_device_without_losses_has_a_ledger_without_gaps(desk: Desk) -> None:
    for seq in range(5):
        send(desk, seq)
    send(desk, 3)
    assert ask(desk, "losses") == [
        {
            "device": "window", "boots": 1, "expected": 5, "received": 5, "late": 0, "dropped": 0, "missing": 0,
            "gaps": 0,
        }
    ]  # fmt: skip
    assert ask(desk, "gaps") == ask(desk, "gaps", device="window") == []
    # Where nothing is odd that is found out by less; the answer has the same columns.
    schemas = [
        desk.do(lambda asked=asked: answer(desk.writer.connection, QUESTIONS, "gaps", asked).schema)
        for asked in ({}, {"device": "window"}, {"device": "nobody"})
    ]
    assert schemas[0] == schemas[1] == schemas[2]


def test_the_ends_of_boots_that_never_got_through_are_counted(desk: Desk) -> None:
    send(desk, 0)
    send(desk, 1)
    ended = {"boot": "b2", "seq": 4, "cause": "power"}
    body = {"online": True, "boot": "next", "previous": ended, "earlier": [["b", 7], ["b1", 0], "junk", ["b", -1]]}
    desk.hand("esp32/window/status", body)
    (row,) = ask(desk, "losses")
    assert (row["boots"], row["expected"], row["received"], row["missing"]) == (3, 14, 2, 12)


def test_each_gap_is_told_with_its_span_of_time_and_how_it_ended(desk: Desk) -> None:
    for seq in (0, 1, 5, 6, 9, 13):
        send(desk, seq)
    send(desk, 2, arrived_us=7_000)
    send(desk, 3, arrived_us=8_000)
    give_up(desk, 10, 12)
    (row,) = ask(desk, "losses", device="window")
    assert (row["expected"], row["received"], row["late"], row["dropped"], row["missing"]) == (14, 8, 2, 3, 3)
    found = ask(desk, "gaps")
    told = [(gap["seq_from"], gap["seq_to"], gap["ended"], gap["from_us"], gap["to_us"]) for gap in found]
    assert told == [
        (10, 12, "dropped", at(9), at(13)),
        (7, 8, "open", at(6), at(9)),
        (4, 4, "open", at(3), at(5)),
        (2, 3, "filled", at(2), at(3)),
    ]
    assert [gap["ended_us"] for gap in found[1:]] == [None, None, 8_000]
    assert [gap["seq_from"] for gap in ask(desk, "gaps", start_us=at(4), end_us=at(7))] == [7, 4]
    assert ask(desk, "gaps", start_us=at(14)) == ask(desk, "gaps", device="attic") == []
    assert len(ask(desk, "gaps", limit=1)) == 1


def test_the_tail_that_a_board_lost_with_its_power_is_counted_when_it_tells(
    desk: Desk, restarted: Callable[[], Any]
) -> None:
    for seq in (0, 1, 2):
        send(desk, seq)
    restart(desk, "b", 5, arrived_us=at(60))
    restart(desk, "b", 5, retained=True)  # the broker repeats it
    (gap,) = ask(desk, "gaps")
    assert (gap["seq_from"], gap["seq_to"], gap["ended"]) == (3, 5, "open")
    assert (gap["from_us"], gap["to_us"]) == (at(2), at(60))
    desk.close()
    with restarted() as later:
        restart(later, "b", 5)
        assert later.rows("SELECT count(*) FROM boots WHERE last_seq = 5") == [(1,)]
        send(later, 4)  # what the flash had kept
        assert [(gap["seq_from"], gap["ended"]) for gap in ask(later, "gaps")] == [
            (5, "open"),
            (4, "filled"),
            (3, "open"),
        ]
        restart(later, "lost", 9)  # a boot of which nothing came at all
        (row,) = ask(later, "losses")
        assert (row["boots"], row["expected"], row["received"], row["missing"]) == (2, 16, 4, 12)


def test_a_board_that_ran_before_it_was_first_heard_of_has_lost_nothing_by_that(desk: Desk) -> None:
    restart(desk, "before", 900)
    send(desk, 500, boot="next")
    send(desk, 890, boot="before")
    (row,) = ask(desk, "losses")
    assert (row["expected"], row["received"], row["missing"]) == (12, 2, 10)  # 891 to 900 are known to be lost
    send(desk, 498, boot="next")
    send(desk, 3, boot="after")
    (row,) = ask(desk, "losses")
    assert (row["expected"], row["received"], row["missing"]) == (18, 4, 14)


def test_what_a_board_gave_up_and_the_broker_still_had_is_received(desk: Desk) -> None:
    send(desk, 0)
    give_up(desk, 0, 3)
    send(desk, 4)
    send(desk, 2)
    (row,) = ask(desk, "losses")
    assert (row["received"], row["late"], row["dropped"], row["missing"]) == (3, 1, 2, 0)
    assert [(gap["seq_from"], gap["ended"]) for gap in ask(desk, "gaps")] == [
        (3, "dropped"),
        (2, "filled"),
        (1, "dropped"),
    ]
    assert desk.rows("SELECT count(*) FROM readings") == [(3,)]


def test_samples_that_cannot_be_read_were_received(desk: Desk) -> None:
    send(desk, 0)
    send(desk, 5)
    desk.hand("esp32/window/output", {"boot": "b", "seq": 3, "rows": [[T, "?"]] * 5})
    assert desk.rows("SELECT count(*) FROM quarantine") == [(1,)]
    (row,) = ask(desk, "losses")
    assert (row["expected"], row["received"], row["late"], row["missing"]) == (8, 6, 2, 2)


def test_the_losses_of_a_board_that_was_replaced_are_those_of_its_successor(desk: Desk) -> None:
    send(desk, 0, device="old")
    send(desk, 2, device="old")
    send(desk, 0, device="new")
    desk.rows("INSERT INTO replacements SELECT 1, device_id FROM devices WHERE device = 'new'")
    for name in ("old", "new", None):
        (row,) = ask(desk, "losses", device=name)
        assert (row["device"], row["boots"], row["expected"], row["missing"]) == ("new", 2, 4, 1)
        assert [gap["device"] for gap in ask(desk, "gaps", device=name)] == ["new"]


def test_invented_numbers_do_no_harm(desk: Desk) -> None:
    for n in range(3):
        send(desk, 0, boot=str(n))
        send(desk, 2**53 - 1, boot=str(n))
    (row,) = ask(desk, "losses")
    assert (row["received"], row["missing"]) == (6, 2**53)


class Plain:
    """One boot, number by number."""

    def __init__(self) -> None:
        self.kind: dict[int, str] = {}
        self.latest = -1

    def arrived(self, seq: int) -> None:
        if self.kind.get(seq) not in ("in time", "filled"):
            self.kind[seq] = "filled" if seq <= self.latest else "in time"
        self.latest = max(self.latest, seq)

    def given_up(self, first: int, last: int) -> None:
        for seq in range(first, last + 1):
            self.kind.setdefault(seq, "dropped")
        self.latest = max(self.latest, last)

    def numbers(self, *, midway: bool) -> list[tuple[int, str]]:
        first = min(self.kind, default=self.latest + 1) if midway else 0
        return [(seq, self.kind.get(seq, "open")) for seq in range(first, self.latest + 1)]

    def gaps(self, *, midway: bool) -> list[tuple[int, int, str, int | None, int | None]]:
        """(seq_from, seq_to, ended, from, to): the last received before and the first after, by number."""
        found: list[list[Any]] = []
        for seq, kind in self.numbers(midway=midway):
            if found and found[-1][2] == kind and found[-1][1] == seq - 1:
                found[-1][1] = seq
            elif kind != "in time":
                found.append([seq, seq, kind])
        received = sorted(seq for seq, kind in self.kind.items() if kind in ("in time", "filled"))
        return [
            (first, last, kind, first, last)
            if kind == "filled"
            else (
                first,
                last,
                kind,
                max((seq for seq in received if seq < first), default=None),
                min((seq for seq in received if seq > last), default=None),
            )
            for first, last, kind in found
        ]


class Books:
    """A device with two boots, and plain bookkeeping beside it."""

    def __init__(self, desk: Desk, device: str) -> None:
        self._desk, self.device = desk, device
        self.boots = {"b0": Plain(), "b1": Plain()}
        self.midway: set[str] = set()
        self._heard = False

    def send(self, boot: str, first: int, count: int) -> None:
        self._hear(boot)
        rows = [[T + seq * 1_000, {"light": seq}] for seq in range(first, first + count)]
        self._desk.hand(f"esp32/{self.device}/output", {"boot": boot, "seq": first, "rows": rows})
        for seq in range(first, first + count):
            self.boots[boot].arrived(seq)

    def give_up(self, boot: str, first: int, count: int) -> None:
        self._hear(boot)
        give_up(self._desk, first, first + count - 1, boot, self.device)
        self.boots[boot].given_up(first, first + count - 1)

    def tell(self, boot: str, first: int, _count: int) -> None:
        restart(self._desk, boot, first, self.device)
        if not self._heard and first > self.boots[boot].latest:
            self.midway.add(boot)
        self.boots[boot].latest = max(self.boots[boot].latest, first)

    def fold(self, *_: Any) -> None:
        self._desk.do(lambda: fold(self._desk.writer.connection))

    def shorten(self, *_: Any) -> None:
        self._desk.do(self._desk.writer._arrivals.shorten)

    def forget(self, *_: Any) -> None:
        self._desk.do(self._desk.writer.memory.forget)

    def _hear(self, boot: str) -> None:
        if not self._heard:
            self._heard = True
            self.midway.add(boot)

    def counted(self) -> dict[str, int]:
        kinds = [kind for boot, known in self.boots.items() for _, kind in known.numbers(midway=boot in self.midway)]
        return {
            "expected": len(kinds),
            "received": kinds.count("in time") + kinds.count("filled"),
            "late": kinds.count("filled"),
            "dropped": kinds.count("dropped"),
            "missing": kinds.count("open"),
            "gaps": sum(len(known.gaps(midway=boot in self.midway)) for boot, known in self.boots.items()),
        }


_STEPS = st.lists(
    st.tuples(
        st.sampled_from([Books.send] * 5 + [Books.give_up, Books.tell, Books.fold, Books.shorten, Books.forget]),
        st.sampled_from(["b0", "b1"]),
        st.integers(0, 14),
        st.integers(1, 4),
    ),
    max_size=25,
)
_device = itertools.count()


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_the_ledger_is_that_of_plain_bookkeeping(steps: list[tuple[Any, str, int, int]], desk: Desk) -> None:
    books = Books(desk, f"d{next(_device)}")
    for do, boot, first, count in steps:
        do(books, boot, first, count)
    counted = books.counted()
    rows = ask(desk, "losses", device=books.device)
    assert [{key: row[key] for key in counted} for row in rows] == ([counted] if counted["expected"] else [])
    gaps = ask(desk, "gaps", device=books.device)
    for boot, known in books.boots.items():
        found = sorted(
            (gap["seq_from"], gap["seq_to"], gap["ended"], gap["from_us"], gap["to_us"], gap["samples"])
            for gap in gaps
            if gap["boot"] == boot
        )
        expected = known.gaps(midway=boot in books.midway)
        assert [gap[:3] for gap in found] == [gap[:3] for gap in expected]
        for (first, last, _, from_us, to_us, samples), (*_, before, after) in zip(found, expected, strict=True):
            assert samples == last - first + 1
            assert from_us == (None if before is None else at(before))
            assert after is None or to_us == at(after)
