"""The charts below the timeline: from a question's answer to a figure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from dashboard.figures import Answer, Style, days, heatmap, histogram
from dashboard.panels.summary import summary
from dashboard.translations import speaker
from telemetry.questions import with_metadata
from telemetry.timestamps import US_PER_HOUR, parse_instant
from tests.dashboard.conftest import NOON_US


def _answer(rows: list[dict[str, Any]], schema: Any = None, **metadata: Any) -> Answer:
    table = pa.Table.from_pylist(rows, schema)
    return Answer("Temperature", "°C", "#2f5bd0", with_metadata(table, **metadata) if metadata else table)


def _french(style: Style) -> Style:
    return replace(style, language="fr", say=speaker("fr"))


def test_the_week_has_monday_on_top_and_leaves_hours_without_readings_open(style: Style) -> None:
    cell = {"count": 60, "mean": 21.25, "min": 20.0, "max": 22.5}
    answer = _answer([{"weekday": 2, "hour": 14, **cell}, {"weekday": 6, "hour": 23, **cell}])
    figure = heatmap([answer], _french(style))
    assert figure is not None
    (trace,) = figure["data"]
    assert trace["z"][2][14] == trace["z"][6][23] == 21.25
    assert sum(value is not None for row in trace["z"] for value in row) == 2
    assert "mercredi" in trace["text"][2][14]
    assert "de 14:00 à 15:00" in trace["text"][2][14]
    assert "21,25\u202f°C" in trace["text"][2][14]
    assert "de 23:00 à 00:00" in trace["text"][6][23]
    assert figure["layout"]["yaxis"]["range"] == [6.5, -0.5]


def test_a_histogram_tells_edges_readings_and_their_share(style: Style) -> None:
    rows = [{"low": 10.0, "high": 15.0, "count": 30}, {"low": 15.0, "high": 20.0, "count": 10}]
    figure = histogram([_answer(rows, exact=True)], style)
    assert figure is not None
    (trace,) = figure["data"]
    assert (trace["x"], trace["y"]) == ([12.5, 17.5], [30, 10])
    assert trace["text"][0] == "10 to 15\u202f°C<br><b>30</b> readings, 75.0\u202f%"
    assert figure["layout"]["meta"]["note"] == ""


def test_decimals_are_as_many_as_people_said(style: Style) -> None:
    said = {"decimals": 0}
    spread = histogram([replace(_answer([{"low": 10.26, "high": 15.5, "count": 30}], exact=True), **said)], style)
    assert spread is not None
    assert spread["data"][0]["text"][0].startswith("10 to 16\u202f°C")
    cell = {"weekday": 2, "hour": 14, "count": 60, "mean": 21.25, "min": 20.0, "max": 22.5}
    week = heatmap([replace(_answer([cell]), **said)], style)
    assert week is not None
    assert "21\u202f°C" in week["data"][0]["text"][2][14]
    numbers = dict.fromkeys(("mean", "median", "deviation", "p5", "p95", "min", "max"), 20.456)
    row = {**numbers, "count": 3, "coverage": 1.0, "min_us": NOON_US, "max_us": NOON_US}
    assert "20.46" in str(summary([_answer([row])], style))
    assert "20.46" not in str(summary([replace(_answer([row]), **said)], style))


def test_a_histogram_from_the_sketch_says_so(style: Style) -> None:
    figure = histogram([_answer([{"low": 1.0, "high": 1.0, "count": 9}], exact=False)], style)
    assert figure is not None
    assert figure["layout"]["meta"]["note"] == "within one percent"
    assert figure["data"][0]["width"][0] > 0


def _day(date: str, start: str, hours: int, count: int = 5) -> dict[str, Any]:
    t_us = parse_instant(start)
    values = {"mean": 20.0, "min": 18.0, "max": 23.5} if count else {"mean": None, "min": None, "max": None}
    return {"t_us": t_us, "end_us": t_us + hours * US_PER_HOUR, "date": date, "count": count, **values}


def test_a_day_has_its_mean_on_the_span_from_minimum_to_maximum(style: Style) -> None:
    rows = [
        _day("2026-10-24", "2026-10-23T22:00Z", 24),
        _day("2026-10-25", "2026-10-24T22:00Z", 25),
        _day("2026-10-26", "2026-10-25T23:00Z", 24, 0),
    ]
    figure = days([_answer(rows)], style)
    assert figure is not None
    bars, means = figure["data"]
    assert (bars["base"], bars["y"]) == ([18.0, 18.0, None], [5.5, 5.5, None])
    assert means["y"] == [20.0, 20.0, None]
    assert ["a day of 25 hours" in text for text in bars["text"]] == [False, True, False]
    assert "%A" in bars["hovertemplate"]


def test_months_are_named_as_months(style: Style) -> None:
    figure = days([_answer([_day("2026-10-01", "2026-09-30T22:00Z", 745)])], style)
    assert figure is not None
    assert "%B %Y" in figure["data"][0]["hovertemplate"]
    assert "%A" not in figure["data"][0]["hovertemplate"]


@pytest.mark.parametrize("draw", [heatmap, histogram, days])
def test_without_a_reading_there_is_no_figure(draw: Any, style: Style) -> None:
    schema = pa.schema([(name, pa.int64()) for name in ("weekday", "hour", "count", "low", "high", "t_us", "end_us")])
    assert draw([_answer([], schema)], style) is None


def _statistics(**facts: Any) -> dict[str, Any]:
    moments = dict.fromkeys(("min_us", "max_us", "first_us", "last_us"), NOON_US)
    values = {"mean": 20.5, "deviation": 1.25, "min": 18.0, "max": 23.5, "p5": 18.5, "median": 20.0, "p95": 23.0}
    return {"count": 1_396, "coverage": 0.971, **values, **moments, **facts}


def test_statistics_stand_side_by_side_and_say_when_they_are_estimates(style: Style) -> None:
    empty = dict.fromkeys(_statistics()) | {"count": 0}
    answers = [_answer([_statistics()], exact=False), _answer([empty], pa.table(_answer([_statistics()]).table).schema)]
    text = str(summary(answers, style))
    for words in ("1,396", "20.50", "97.1", "18.50", "23.00", "within one percent", "—"):
        assert words in text, words
    assert "≈" not in text
    unsure = replace(answers[0], table=with_metadata(answers[0].table, deviation_exact=False))
    assert str(summary([unsure], style)).count("≈") == 1
    assert summary([answers[1]], style) is None
