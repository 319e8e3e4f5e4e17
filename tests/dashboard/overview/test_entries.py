"""All devices at once: how each stands, which are found, in what order, and their curves."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dashboard.liveness import Presence
from dashboard.overview.choices import Choices, resolve
from dashboard.overview.entries import CURVE_POINTS, chosen, counts, curves, entries, metrics_of, natural
from telemetry.questions import with_metadata
from tests.dashboard.conftest import NOON_US, SECOND, FakeReader, status_row

MINUTE = 60 * SECOND


def device(name: str, **facts: Any) -> dict[str, Any]:
    """A row of `devices`, with what people say of it."""
    said = {"tags": [], "notes": None, "colour": None, "hidden": False, "replaces": []}
    return {**status_row(device=name), **said, **facts}


def value(name: str, metric: str = "light", ago_s: int = 1, **facts: Any) -> dict[str, Any]:
    """A row of `last_values`."""
    row = {"device": name, "metric": metric, "unit": "lx", "label": None, "decimals": None, "value": 5.0}
    return {**row, "t_us": NOON_US - ago_s * SECOND, **facts}


DEVICES = [
    device("sim-10", place="Attic"),
    device("sim-2", place="Grenier"),
    device("Éva", tags=["south"], status_us=NOON_US - 60 * SECOND, online=False),
    device("away", hidden=True),
    device("mute", online=None),
]
VALUES = [
    value("sim-10"),
    value("sim-2", "heat", label="Température"),
    value("sim-2", ago_s=40),
    value("Éva", ago_s=90),
    value("away"),
]


def found(metric: str = "") -> Any:
    return entries(DEVICES, VALUES, metric, NOON_US)


def names(choices: Choices) -> list[str]:
    return [entry.name for entry in chosen(found(), choices)]


def test_every_device_but_hidden_ones_is_there_by_name_with_how_it_stands() -> None:
    assert [(entry.name, entry.standing.presence) for entry in found()] == [
        ("Éva", Presence.SILENT), ("mute", Presence.UNHEARD), ("sim-2", Presence.LIVE), ("sim-10", Presence.LIVE),
    ]  # fmt: skip
    assert counts(found()) == {"all": 4, "online": 2, "silent": 2}


def test_the_metric_that_is_asked_for_stands_first_where_a_device_has_it() -> None:
    assert [metric.name for metric in found()[2].metrics] == ["light", "heat"]
    assert [metric.name for metric in found("heat")[2].metrics] == ["heat", "light"]
    assert [metric.name for metric in found("heat")[3].metrics] == ["light"]
    assert metrics_of(found()) == {"light": "light", "heat": "Température"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sim", ["sim-2", "sim-10"]),
        ("EVA", ["Éva"]),
        ("south", ["Éva"]),
        ("sim gren", ["sim-2"]),
        ("temperature", ["sim-2"]),
        ("nothing", []),
        (" ", ["Éva", "mute", "sim-2", "sim-10"]),
    ],
)
def test_devices_are_found_by_any_of_their_words(words: str, expected: list[str]) -> None:
    assert names(Choices(words)) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Éva", "mute", "sim-2", "sim-10"]),
        ("place", ["sim-10", "sim-2", "Éva", "mute"]),
        ("heard", ["sim-2", "sim-10", "Éva", "mute"]),
        ("trouble", ["Éva", "mute", "sim-2", "sim-10"]),
    ],
)
def test_devices_are_sorted(sort: str, expected: list[str]) -> None:
    assert names(Choices(sort=sort)) == expected


def test_a_state_leaves_the_others_out() -> None:
    assert names(Choices(state="online")) == ["sim-2", "sim-10"]
    assert names(Choices(state="silent")) == ["Éva", "mute"]


def test_a_reading_after_its_last_will_shows_that_a_device_is_back() -> None:
    gone = device("window", online=False, status_us=NOON_US - 30 * SECOND)
    (back,) = entries([gone], [value("window", ago_s=1)], "", NOON_US)
    assert back.standing.presence is Presence.LIVE
    (still_away,) = entries([gone], [value("window", ago_s=40)], "", NOON_US)
    assert still_away.standing.presence is Presence.SILENT


def test_numbers_in_names_are_sorted_as_numbers() -> None:
    assert sorted(["b", "a10", "A2", "á1", ""], key=natural) == ["", "á1", "A2", "a10", "b"]


def test_a_curve_is_an_hour_by_the_minute_from_its_lowest_to_its_highest() -> None:
    end = NOON_US + MINUTE
    names = ["sim-2", "sim-2", "sim-2", "sim-10"]
    times = [end - minutes * MINUTE for minutes in (60, 59, 1, 1)]
    table = pa.table({"device": names, "t_us": times, "mean": [10.0, 20.0, 15.0, 7.0]})
    reader = FakeReader(buckets_of=with_metadata(table, bucket_us=MINUTE))
    drawn = curves(reader, found("heat"), NOON_US + 20 * SECOND)
    (_, asked) = reader.asked[0]
    assert asked["series"] == [["Éva", "light"], ["sim-2", "heat"], ["sim-10", "light"]]
    assert (asked["start_us"], asked["end_us"], asked["points"]) == (end - 60 * MINUTE, end, CURVE_POINTS)
    assert drawn["sim-2"] == [0, 100, *[None] * 57, 50]
    assert drawn["sim-10"] == [*[None] * 59, 50]
    assert set(drawn) == {"sim-2", "sim-10"}
    assert curves(reader, [], NOON_US) == {}
    assert len(reader.asked) == 1


@pytest.mark.parametrize(
    "choices", [Choices(), Choices("a b&c", "silent", "heard", "heat"), Choices(sort="place"), Choices("é")]
)
def test_choices_stand_in_the_address(choices: Choices) -> None:
    assert resolve(choices.search()) == choices
    assert Choices.from_json(choices.as_json()) == choices
    assert resolve("?state=x&sort=y&q=%20") == Choices()
