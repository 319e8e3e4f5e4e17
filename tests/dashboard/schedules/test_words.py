"""A schedule in words and in the form: cases that read as what people see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from dashboard.callbacks.schedules import foreseen, opened, shown
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.schedules import form, listing, words
from dashboard.theme import LIGHT
from dashboard.translations import speaker
from telemetry.schedules import Kind, Schedule, SunEvent, read_schedule
from tests.dashboard.conftest import NOON_US, SECOND

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND
LAMP = Schedule("Lamp", Kind.AT, "Europe/Paris", (0, 1, 2, 3, 4, 5, 6), "led", True, ("window",), time=390)
FRENCH = Style(LIGHT, ZoneInfo("Europe/Paris"), "fr", speaker("fr"))

WHEN = [
    ({}, "at 06:30, every day", "à 06:30, chaque jour"),
    ({"days": (0, 1, 2, 3, 4)}, "at 06:30, Mon–Fri", "à 06:30, lun.–ven."),
    ({"days": (5, 6)}, "at 06:30, Sat, Sun", "à 06:30, sam., dim."),
    ({"kind": Kind.SUN}, "at sunrise, every day", "au lever du soleil, chaque jour"),
    ({"kind": Kind.SUN, "event": SunEvent.SUNSET, "offset_minutes": -30}, "30\u202fmin before sunset, every day",
     "30\u202fmin avant le coucher du soleil, chaque jour"),
    ({"kind": Kind.EVERY, "minutes": 15}, "every 15\u202fmin, every day", "toutes les 15\u202fmin, chaque jour"),
    ({"kind": Kind.EVERY, "minutes": 90, "start": 480, "end": 1_080, "days": (6,)},
     "every 1\u202fh 30\u202fmin from 08:00 to 18:00, Sun", "toutes les 1\u202fh 30\u202fmin de 08:00 à 18:00, dim."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "english", "french"), WHEN)
def test_when_in_words(change: dict[str, Any], english: str, french: str, style: Style) -> None:
    schedule = replace(LAMP, **change)
    assert (words.when(schedule, style), words.when(schedule, FRENCH)) == (english, french)


#: NOON is 15:00 on Tuesday 17 November in Paris.
NEXT = [
    ({"next_us": NOON_US + HOUR}, {}, "today 16:00"),
    ({"next_us": NOON_US + 15 * HOUR + 41 * 60 * SECOND}, {"kind": Kind.SUN}, "tomorrow 06:41, sunrise"),
    ({"next_us": NOON_US + 3 * DAY}, {}, "Fri 15:00"),
    ({"next_us": NOON_US + 20 * DAY}, {}, "Mon 7 Dec 15:00"),
    ({"next_us": NOON_US + 60 * DAY}, {}, "Sat 16 Jan 2027 15:00"),
    ({"next_us": None}, {"kind": Kind.SUN}, "no sunrise there in the next 400 days"),
    ({"next_us": NOON_US + 60 * DAY, "none_today": True}, {"kind": Kind.SUN},
     "no sunrise there today; Sat 16 Jan 2027 15:00, sunrise"),
    ({"next_us": NOON_US, "enabled": False}, {}, "switched off"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "change", "text"), NEXT)
def test_the_next_run_in_words(row: dict[str, Any], change: dict[str, Any], text: str, style: Style) -> None:
    given = {"enabled": True, "none_today": False, **row}
    assert words.following(replace(LAMP, **change), given, NOON_US, style) == text


def run(**facts: Any) -> dict[str, Any]:
    return {
        "schedule_id": "S", "name": "Lamp", "first_us": NOON_US, "due_us": NOON_US, "count": 1, "ran_us": NOON_US,
        "asked_by": None, "unconfirmed": 0, "problem": None, "states": "{}", **facts,
    }  # fmt: skip


OUTCOMES = [
    ({"states": '{"acknowledged": 2, "held": 1}'}, ["2 × Acknowledged", "Held"]),
    ({"unconfirmed": 1}, ["Sent, cannot be confirmed"]),
    ({"problem": "nobody"}, ["nobody to tell"]),
    ({"ran_us": None, "count": 3, "problem": "down"}, ["3 missed, the last 15:00: ingest was down"]),
    ({"ran_us": None, "count": 1_000, "problem": "clock"}, ["1,000 missed", "the host’s clock was set"]),
    ({"states": '{"acknowledged": 1}', "ran_us": NOON_US + 600 * SECOND}, ["Acknowledged", "min late"]),
]


@pytest.mark.parametrize(("facts", "said"), OUTCOMES)
def test_what_came_of_a_run(facts: dict[str, Any], said: list[str], style: Style) -> None:
    text = str(listing.outcome(run(**facts), NOON_US + HOUR, style))
    assert all(words in text for words in said)


SCHEDULES = [
    LAMP,
    replace(LAMP, cmd="message", value="Bonjour", tag="lamps", devices=()),
    replace(LAMP, cmd="message", value=""),
    replace(LAMP, cmd="period", value=2_500, days=(5,)),
    replace(LAMP, time=0, kind=Kind.SUN, event=SunEvent.SUNSET, offset_minutes=-30, latitude=48.85, longitude=2.35),
    replace(LAMP, time=0, kind=Kind.EVERY, minutes=15, late_minutes=30),
    replace(LAMP, time=0, kind=Kind.EVERY, minutes=15, start=1_320, end=360),
]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_form_gives_back_what_it_shows(schedule: Schedule) -> None:
    filled = form.values(schedule)
    assert len(filled) == len(form.FIELDS)
    assert read_schedule(form.arguments(filled)) == schedule


def test_the_form_foresees_the_next_run_once_it_is_a_schedule(style: Style) -> None:
    filled = form.blank("Europe/Paris")
    assert "tomorrow 07:00" in str(foreseen(filled, NOON_US, style))
    filled[form.FIELDS.index("kind")] = "sun"
    assert foreseen(filled, NOON_US, style) is None  # a place is missing
    for name, value in (("latitude", 78.2), ("longitude", 15.6)):
        filled[form.FIELDS.index(name)] = value
    assert "no sunset there today" in str(foreseen(filled, NOON_US, style))


def rows(**facts: Any) -> pa.Table:
    row = {
        "schedule_id": "S", "definition": replace(LAMP, name="<b>Lamp</b>").to_json(), "devices": ["window"],
        "enabled": True, "none_today": False, "next_us": NOON_US + DAY,
    }  # fmt: skip
    return pa.Table.from_pylist([{**row, **facts}])


def test_a_viewer_sees_the_list_without_its_buttons(context_on: Callable[..., Context], style: Style) -> None:
    devices = pa.Table.from_pylist([{"device": "window", "name": "Window", "source": None, "tags": ["lamps"]}])
    context = context_on(schedules=rows(), schedule_runs=lambda **_: pa.Table.from_pylist([run()]), devices=devices)
    table, history = shown(context, style, may_act=False)
    assert "switch" not in str(table)
    assert "data-schedule" not in str(table)
    assert "<b>Lamp</b>" in str(table)
    assert "Window" in str(table)
    assert "Lamp" in str(history)
    operators, _ = shown(context, style, may_act=True)
    assert "switch" in str(operators)
    found = opened(context, "S", style)
    assert (found[0], found[1], found[5]) == (True, "S", ["lamps"])
    assert found[8:10] == ["<b>Lamp</b>", ["window"]]


def test_without_the_store_the_list_says_so(context_on: Callable[..., Context], style: Style) -> None:
    table, history = shown(context_on(), style, may_act=True)
    assert "ingest is not running" in str(table)
    assert history is None
