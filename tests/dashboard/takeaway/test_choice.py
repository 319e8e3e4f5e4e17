"""What a download's address means, and how it is written."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from dashboard.takeaway.choice import address, resolve
from dashboard.takeaway.names import file_name, word
from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_DAY
from tests.dashboard.conftest import NOON_US

KNOWN = [
    {"device": "window", "metric": "light", "unit": "lx", "label": "Light", "first_us": NOON_US - 5 * US_PER_DAY},
    {"device": "a/b", "metric": "=x", "unit": None, "label": None, "first_us": None},
]
NOW = NOON_US


def choose(query: str) -> Any:
    return resolve(parse_qs(query, keep_blank_values=True), KNOWN, NOW)


def test_an_address_comes_back_as_the_choice_it_was_made_from() -> None:
    span = (NOON_US - 7, NOON_US)
    query = address(
        [("window", "light"), ("a/b", "=x")], span, points=77, zone="Europe/Paris", weekdays=[0, 4], hours=(9, 19)
    )
    found = choose(query)
    assert [(series.device, series.metric, series.unit) for series in found.series] == [
        ("window", "light", "lx"), ("a/b", "=x", None),
    ]  # fmt: skip
    assert (found.start_us, found.end_us, found.points) == (*span, 77)
    assert (found.zone, found.weekdays, found.hours) == ("Europe/Paris", (0, 4), (9, 19))


def test_a_part_that_was_zoomed_to_is_taken_with_the_very_query_that_shows_it() -> None:
    found = choose("series=window/light&range=24h&compare=before&marks=notes&zoom=2026-11-17T12:00Z/2026-11-17T13:00Z")
    assert (found.start_us, found.end_us) == (NOON_US - US_PER_DAY // 12, NOON_US - US_PER_DAY // 24)


@pytest.mark.parametrize(("preset", "days"), [("24h", 1), ("7d", 7), ("1y", 365), ("all", 5)])
def test_a_preset_ends_now(preset: str, days: int) -> None:
    found = choose(address([("window", "light")], preset))
    assert (found.start_us, found.end_us) == (NOW - days * US_PER_DAY, NOW)


def test_everything_of_a_series_without_a_reading_is_the_last_day() -> None:
    assert choose(address([("a/b", "=x")], "all")).start_us == NOW - US_PER_DAY


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("range=1h", "series missing"),
        ("series=window/lihgt&range=1h", "no series 'window/lihgt'; did you mean 'window/light'"),
        ("series=window/light", "say a range"),
        ("series=window/light&from=2026-01-01", "say a range"),
        ("series=window/light&range=1h&from=2026-01-01&to=2026-01-02", "say a range"),
        ("series=window/light&from=2026-01-02&to=2026-01-01", "exchange them"),
        ("series=window/light&from=x&to=2026-01-01", "from='x' is not a time"),
        ("series=window/light&range=1h&zoom=2026-01-01", "to='' is not a time"),
        ("series=window/light&range=2h", "range='2h' is no range"),
        ("series=window/light&range=1h&range=7d", "given 2 times"),
        ("series=window/light&range=1h&points=0", "points='0' must be"),
        ("series=window/light&range=1h&days=08", "days='08'"),
        ("series=window/light&range=1h&days=", "days=''"),
        ("series=window/light&range=1h&hours=9", "hours='9'"),
        ("series=window/light&range=1h&hours=9-9", "two different hours"),
        ("series=window/light&range=1h&hours=9-25", "0 to 24"),
        ("series=window/light&range=1h&start=3", "no parameter 'start'"),
        ("series=window/light&range=1h&compare=before,usul", "compare='usul' is none; did you mean 'usual'"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(query: str, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        choose(query)


def test_a_files_name_says_whose_readings_which_and_when() -> None:
    one = choose(address([("window", "light")], "24h"))
    assert file_name(one, "raw.csv") == "lumos_window_light_20261116T1400Z-20261117T1400Z_raw.csv"
    two = choose(address([("window", "light"), ("a/b", "=x")], "24h"))
    assert file_name(two, "shown.parquet").startswith("lumos_window_light_and-1-more_")


@pytest.mark.parametrize(
    ("text", "name"),
    [("window", "window"), ("a/b c", "a-b-c"), ("Fenêtre", "Fenetre"), ("..", "series"), ("漢字", "series"),
     ("../../etc/passwd", "etc-passwd"), ("x" * 99, "x" * 40)],
)  # fmt: skip
def test_a_name_is_fit_for_every_file_system(text: str, name: str) -> None:
    assert word(text) == name
