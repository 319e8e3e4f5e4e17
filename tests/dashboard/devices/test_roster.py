"""The list of devices: who is in it, in which order, and what stands in a line of it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dashboard.devices.choices import Choices
from dashboard.devices.roster import PER_PAGE, Entry, everybody, roster
from dashboard.figures import Style
from dashboard.panels.board import facts, metrics
from dashboard.panels.roster import clock, pager, roster_table, uptime
from tests.dashboard.conftest import NOON_US, SECOND, status_row
from tests.dashboard.test_panels import text_of

TRAITS: dict[str, Any] = {
    "tags": [], "notes": None, "colour": None, "hidden": False, "replaces": [], "model": None, "source": None,
}  # fmt: skip


def entries(context_on: Any, *rows: dict[str, Any]) -> list[Entry]:
    devices = [{**status_row(), **TRAITS, **row} for row in rows]
    series = [{"device": row["device"], "last_us": row.get("last_us", NOON_US)} for row in devices]
    told = [{key: value for key, value in row.items() if key != "last_us"} for row in devices]
    context = context_on(devices=pa.Table.from_pylist(told), series=pa.Table.from_pylist(series))
    return everybody(context, NOON_US + SECOND)


@pytest.fixture
def lab(context_on: Any) -> list[Entry]:
    return entries(
        context_on,
        {"device": "board-10", "name": "Board 10", "place": "B-204", "tags": ["lab", "sun"]},
        {"device": "board-2", "name": "board 2", "place": "B-204", "tags": ["lab"], "online": False},
        {"device": "attic", "notes": "Under the roof", "last_us": NOON_US - 600 * SECOND},
        {"device": "old", "hidden": True, "tags": ["lab"], "last_us": None},
        {"device": "new", "replaces": ["grandfather"], "last_us": None},
    )


def names(found: Any) -> list[str]:
    return [entry.device for entry in found.entries]


@pytest.mark.parametrize(
    ("choices", "devices"),
    [
        (Choices(), ["attic", "board-2", "board-10", "new"]),
        (Choices(hidden=True), ["attic", "board-2", "board-10", "new", "old"]),
        (Choices(find="BOARD 204"), ["board-2", "board-10"]),
        (Choices(find="roof"), ["attic"]),
        (Choices(find="grandfather"), ["new"]),
        (Choices(tag="lab"), ["board-2", "board-10"]),
        (Choices(tag="sun", find="x"), []),
        (Choices(state="silent"), ["board-2"]),
        (Choices(state="quiet"), ["attic"]),
        (Choices(state="troubled"), ["attic", "board-2"]),
        (Choices(sort="state"), ["new", "board-2", "attic", "board-10"]),
        (Choices(sort="place"), ["board-2", "board-10", "attic", "new"]),
        (Choices(sort="seen"), ["board-2", "board-10", "new", "attic"]),
    ],
)
def test_who_is_in_the_list_and_in_which_order(lab: list[Entry], choices: Choices, devices: list[str]) -> None:
    assert names(roster(lab, choices)) == devices


def test_tags_count_those_in_sight(lab: list[Entry]) -> None:
    found = roster(lab, Choices(find="nobody"))
    assert (found.tags, found.found, found.total) == ({"lab": 2, "sun": 1}, 0, 5)


def test_a_long_list_has_pages(context_on: Any, style: Style) -> None:
    many = entries(context_on, *({"device": f"d-{n}"} for n in range(2 * PER_PAGE + 3)))
    second = roster(many, Choices(page=2))
    assert (len(second.entries), second.entries[0].device, second.pages) == (PER_PAGE, f"d-{PER_PAGE}", 3)
    assert roster(many, Choices(page=99)).page == 3
    shown = text_of(pager(second, Choices(page=2), style))
    assert "Page 2 of 3" in shown
    assert "?page=3" in shown
    assert pager(roster(many[:3], Choices()), Choices(), style) is None


def test_a_line_says_how_the_device_does(context_on: Any, style: Style) -> None:
    status = {"online": True, "fw": "1.0.0", "ip": "10.0.0.7", "rssi": -61, "uptime": 90, "buffered": 3, "dropped": 2}
    (entry,) = entries(context_on, {"device": "window", "status": _json(status), "name": "<img onerror=x>"})
    condition = {"restarts": 4, "clock_error_us": 3 * SECOND, "wrong_clock": 0}
    table = roster_table(roster([entry], Choices()), Choices(), {"window": condition}, [], NOON_US, style, may_act=True)
    shown = text_of(table)
    for words in ("<img onerror=x>", "1.0.0", "10.0.0.7", "−61\u202fdBm", "+3.0\u202fs", "live", "device=window"):
        assert words in shown, words
    assert "checkbox" in shown
    plain = roster_table(roster([entry], Choices()), Choices(), {}, [], NOON_US, style, may_act=False)
    assert "checkbox" not in text_of(plain)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"clock_error_us": -SECOND // 2, "wrong_clock": 0}, "right"),
        ({"clock_error_us": 40_000, "wrong_clock": 0}, "right"),
        ({"clock_error_us": -30 * SECOND, "wrong_clock": 0}, "−30.0\u202fs"),
        ({"clock_error_us": 0, "wrong_clock": 7}, "wrong"),
        ({"clock_error_us": None, "wrong_clock": 0}, ""),
        ({}, ""),
    ],
)
def test_a_clock_is_right_off_or_wrong(condition: dict[str, Any], words: str, style: Style) -> None:
    assert words in text_of(clock(condition, style))


def test_uptime_counts_on_from_the_last_word(context_on: Any, style: Style) -> None:
    (entry,) = entries(context_on, {"device": "window", "status": _json({"online": True, "uptime": 90})})
    assert uptime(entry, NOON_US + 30 * SECOND, style) == "2\u202fmin"


def test_an_empty_list_says_what_helps(context_on: Any, lab: list[Entry], style: Style) -> None:
    nobody = roster_table(roster([], Choices()), Choices(), {}, [], NOON_US, style, may_act=True)
    assert "Add a board" in text_of(nobody)
    nothing = roster_table(roster(lab, Choices(find="zzz")), Choices(), {}, [], NOON_US, style, may_act=True)
    assert "No device fits" in text_of(nothing)


def test_an_open_device_tells_what_it_lost_and_whose_history_it_continues(context_on: Any, style: Style) -> None:
    (entry,) = entries(context_on, {"device": "new", "replaces": ["old-1", "old-2"]})
    loss = {"received": 9_990, "expected": 10_000, "missing": 10}
    shown = text_of(facts(entry, {"restarts": 1}, loss, NOON_US, style))
    for words in ("9,990 (99.90\u202f%)", "old-1", "old-2", "tone-warning"):
        assert words in shown, words


def test_a_metric_is_shown_as_people_said(style: Style) -> None:
    series = {"metric": "light", "label": "Jour", "unit": "lx", "low": 0.0, "high": 4_095.0, "decimals": 1}
    shown = text_of(metrics([series], {"light": {"value": 812.25, "t_us": NOON_US}}, NOON_US, style))
    for words in ("Jour", "light", "812.2\u202flx", "0 – 4,095"):
        assert words in shown, words
    assert "No metric yet" in text_of(metrics([], {}, NOON_US, style))


def _json(status: dict[str, Any]) -> str:
    import json

    return json.dumps(status)
