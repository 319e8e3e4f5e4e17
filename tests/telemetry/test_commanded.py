"""What was asked of devices and what came of it: filters, pages, and what a metric did after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry.errors import QuestionError
from telemetry.questions import metadata_of
from telemetry.timestamps import now_us
from tests.harness.stock import Stock, stock

SECOND = 1_000_000
#: 2026-11-16 08:00:00 UTC.
T = 1_794_816_000 * SECOND
DAY = 86_400 * SECOND


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


def tell(store: Stock, number: int, at_us: int, *states: tuple[int, str], **more: Any) -> str:
    """A command asked at a moment; its states so many milliseconds after."""
    command_id = f"01{number:04}"
    row = {"device_id": 1, "cmd": "led", "value": True, "by": "ada", **more}
    store.connection.execute(
        "INSERT INTO commands VALUES ($1, $2, $3, $4, $5, $6)",
        [command_id, row["device_id"], row["cmd"], json.dumps(row["value"]), row["by"], at_us],
    )
    for after_ms, state in states:
        store.connection.execute(
            "INSERT INTO command_states VALUES ($1, $2, $3, NULL)", [command_id, at_us + after_ms * 1_000, state]
        )
    return command_id


@pytest.fixture
def history(store: Stock) -> Stock:
    tell(store, 1, T, (0, "sent"), (84, "acknowledged"))
    tell(store, 2, T + SECOND, (0, "sent"), (9_000, "acknowledged"), cmd="message", value="hé")
    tell(store, 3, T + 2 * SECOND, (0, "sent"), (90, "refused"), by="bob")
    tell(store, 4, T + 3 * SECOND, (0, "sent"))
    tell(store, 5, T + 4 * SECOND, (0, "held"), (60_000, "sent"), (60_050, "acknowledged"), device_id=2)
    tell(store, 6, T + 5 * SECOND, (0, "held"), (10, "withdrawn"))
    tell(store, 7, T + 6 * SECOND, (0, "held"), (3_600_000, "expired"))
    tell(store, 8, now_us(), (0, "sent"))
    return store


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [8, 7, 6, 5, 4, 3, 2, 1]),
        ({"device": "attic"}, [5]),
        ({"device": "nobody"}, []),
        ({"cmd": "message"}, [2]),
        ({"by": "bob"}, [3]),
        ({"state": "acknowledged"}, [5, 2, 1]),
        ({"state": "answered late"}, [2]),
        ({"state": "refused"}, [3]),
        ({"state": "timed out"}, [4]),
        ({"state": "sent"}, [8]),
        ({"state": "withdrawn"}, [6]),
        ({"state": "expired"}, [7]),
        ({"command_id": "010005"}, [5]),
        ({"start_us": T + SECOND, "end_us": T + 3 * SECOND}, [3, 2]),
        ({"device": "window", "state": "acknowledged", "by": "ada"}, [2, 1]),
    ],
)
def test_commands_are_found_by_what_is_known_of_them(
    history: Stock, filters: dict[str, Any], numbers: list[int]
) -> None:
    found = history.ask("commands", **filters)
    assert [int(row["command_id"]) - 10_000 for row in found.to_pylist()] == numbers
    assert metadata_of(found)["total"] == len(numbers)
    for limit in (1, 3):
        pages = [history.ask("commands", **filters, limit=limit, offset=n) for n in range(0, len(numbers), limit)]
        assert [row for page in pages for row in page.to_pylist()] == found.to_pylist()
        assert {metadata_of(page)["total"] for page in pages} <= {len(numbers)}


def test_the_delay_runs_from_the_publication(history: Stock) -> None:
    (row,) = history.ask("commands", device="attic").to_pylist()
    assert (row["asked_us"], row["sent_us"], row["delay_ms"]) == (T + 4 * SECOND, T + 64 * SECOND, 50)


def test_a_host_clock_that_is_set_back_does_not_set_a_command_back(store: Stock) -> None:
    tell(store, 1, T, (0, "held"), (-60_000, "sent"), (-60_040, "acknowledged"))
    (row,) = store.ask("commands").to_pylist()
    assert (row["state"], row["delay_ms"]) == ("acknowledged", 0)


def test_a_command_given_while_the_clock_was_an_hour_ahead_is_not_awaited_for_that_hour(store: Stock) -> None:
    """Found by the soak: no board answered, and the page went on waiting until the clock came there again."""
    tell(store, 1, now_us() + 3_600 * SECOND, (0, "sent"))
    (row,) = store.ask("commands").to_pylist()
    assert row["state"] == "timed out"


def test_a_replaced_boards_commands_are_its_successors(history: Stock) -> None:
    history.connection.execute("INSERT INTO replacements VALUES (2, 1)")
    for name in ("window", "attic"):
        found = history.ask("commands", device=name).to_pylist()
        assert len(found) == 8
        assert {row["device"] for row in found} == {"window"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"state": "acknowleged"}, "did you mean 'acknowledged'"),
        ({"limit": 0}, "limit=0"),
        ({"offset": -1}, "offset=-1"),
        ({"start_us": 2, "end_us": 1}, "exchange them"),
    ],
)
def test_a_wrong_filter_says_what_is_wrong(store: Stock, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        store.ask("commands", **arguments)


def effect(store: Stock, *moments: int, **more: Any) -> list[tuple[float | None, float | None]]:
    rows = store.ask("effects", device="window", metric="light", moments=list(moments), **more).to_pylist()
    assert [row["t_us"] for row in rows] == list(moments)
    return [(row["before"], row["after"]) for row in rows]


def test_an_effect_is_the_last_reading_before_and_the_last_in_the_seconds_after(store: Stock) -> None:
    # Dark, then light from the eleventh second on, wherever the readings lie: closed days, live tables, the tail.
    readings = [(T + n * SECOND, 1, 812 if n < 11 else 1_900 + n) for n in range(120)]
    store.spread(readings[:8], readings[8:30], readings[30:])
    assert effect(store, T + 10 * SECOND) == [(812, 1_940)]
    assert effect(store, T + 10 * SECOND, seconds=5) == [(812, 1_915)]
    assert effect(store, T - SECOND, T + 200 * SECOND) == [(None, 1_929), (2_019, None)]
    assert effect(store, T + 119 * SECOND + 601 * SECOND) == [(None, None)]
    assert effect(store) == []


def test_an_effect_ends_with_the_next_thing_the_device_was_told(store: Stock) -> None:
    store.spread([], [], [(T + n * SECOND, 1, n) for n in range(60)])
    first, second = T + 10 * SECOND + 1, T + 15 * SECOND + 1
    for number, moment in enumerate((first, second)):
        tell(store, number, moment, (0, "sent"), (50, "acknowledged"))
    tell(store, 9, first + SECOND, (0, "sent"), device_id=2)  # another device's command changes nothing here
    assert effect(store, second, first) == [(15, 45), (10, 15)]


def test_expired_readings_have_no_effect_any_more(store: Stock) -> None:
    store.spread([], [], [(T + n * SECOND, 1, n) for n in range(60)])
    store.connection.execute("INSERT INTO horizons VALUES (1, 'raw', $1)", [T + DAY])
    assert effect(store, T + 10 * SECOND) == [(None, None)]


def test_a_moment_that_is_none_is_refused(store: Stock) -> None:
    for moments in ([1.5], ["x"], [2**61]):
        with pytest.raises(QuestionError):
            store.ask("effects", device="window", metric="light", moments=moments)
