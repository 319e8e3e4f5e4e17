"""The timeline over a real store: what is asked, what is drawn, and the words around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.context import Context
from dashboard.explore.choices import Exploration
from dashboard.explore.drawing import Drawer, Timeline
from dashboard.figures import Style, Window
from dashboard.translations import speaker
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, iso_utc
from tests.dashboard.conftest import NOON_US
from tests.harness.history import History

Open = Callable[[str], Exploration]
BOTH = "?series=window/light&series=attic/temperature"


@pytest.fixture
def draw(reading: Context, opened: Open, style: Style) -> Callable[..., Timeline]:
    """`draw(address)`; the reader's style, a zoom and the moment as they are wanted."""

    def draw(search: str, zoom: Window | None = None, look: Style = style, now_us: int = NOON_US) -> Timeline:
        return Drawer(reading, opened(search), look, zoom, now_us).draw()

    return draw


def _lines(timeline: Timeline) -> list[dict[str, Any]]:
    return [trace for trace in timeline.figure["data"] if trace["mode"] == "lines" and "fill" not in trace]


def test_several_series_of_several_devices_share_the_axis_and_are_named(draw: Callable[..., Timeline]) -> None:
    found = draw(f"{BOTH}&range=7d")
    assert [line["name"] for line in _lines(found)] == ["Light · window", "Temperature · Attic"]
    assert {line["yaxis"] for line in _lines(found)} == {"y", "y2"}
    assert "Light · window, Temperature · Attic" in found.description
    assert [words in str(found.title) for words in ("Light · window", "Temperature · Attic")] == [True, True]


def test_the_gap_is_a_gap(draw: Callable[..., Timeline], history: History) -> None:
    (line,) = _lines(draw("?series=window/light&range=7d&marks=none"))
    holes = [i for i, value in enumerate(line["y"]) if value is None]
    before, after = line["x"][holes[0] - 1], line["x"][holes[0] + 1]
    assert (before, after) == ("2026-11-16 08:50", "2026-11-16 15:00")
    assert history.gap_us == (NOON_US - 30 * US_PER_HOUR, NOON_US - 24 * US_PER_HOUR)


def test_the_loss_is_shaded_with_its_number(draw: Callable[..., Timeline], reading: Context, history: History) -> None:
    layout = draw("?series=window/light&range=24h").figure["layout"]
    assert "2026-11-17 07:00" in [shape["x0"] for shape in layout["shapes"]]
    lost = [gap["samples"] for gap in reading.rows("gaps", device="window") if gap["ended"] == "open"]
    assert [note["text"] for note in layout["annotations"]] == [f"{sum(lost)} lost"]
    assert draw("?series=window/light&range=24h&marks=notes").figure["layout"]["shapes"] == []


def test_commands_and_events_are_marks_that_tell_what_happened(draw: Callable[..., Timeline]) -> None:
    strip = draw("?series=window/light&range=24h").figure["data"][-1]
    assert len(strip["x"]) == 4
    assert "LED on · window · ada · confirmed" in strip["text"][0]
    assert any("button · window" in text for text in strip["text"])
    only = draw("?series=window/light&range=24h&marks=events").figure["data"][-1]
    assert [text.split(" · ")[1] for text in only["text"]] == ["button"]
    # Of another device: nothing happened there.
    assert draw("?series=attic/temperature&range=24h").figure["data"][-1]["mode"] != "markers"


def test_the_period_before_lies_weeks_earlier_at_the_same_times(
    draw: Callable[..., Timeline], reading: Context, opened: Open
) -> None:
    found = draw("?series=window/temperature&range=24h&compare=before&marks=none")
    before, now = _lines(found)
    assert before["line"]["dash"]
    assert before["x"][0] == now["x"][0]
    week = 7 * US_PER_DAY
    (then,) = reading.rows(
        "buckets", device="window", metric="temperature", start_us=NOON_US - week - US_PER_DAY,
        end_us=NOON_US - week - US_PER_DAY + 1, points=1,
    )  # fmt: skip
    assert before["y"][0] == then["mean"]
    assert "dashed: 9 Nov" in str(found.legend)


def test_what_is_usual_is_a_band_from_the_weeks_before(draw: Callable[..., Timeline], style: Style) -> None:
    found = draw("?series=window/temperature&range=24h&compare=usual&marks=none")
    band = found.figure["data"][0]
    assert band["fill"] == "toself"
    (line,) = _lines(found)
    low, high = min(y for y in band["y"] if y), max(y for y in band["y"] if y)
    assert low - 2 < min(y for y in line["y"] if y)
    assert max(y for y in line["y"] if y) < high + 2
    assert "8 of 10" in str(found.legend)
    assert "32 days" in str(draw("?series=window/temperature&range=1y&compare=usual").legend)
    assert "nothing is usual yet" in str(draw("?series=window/temperature&range=all&compare=usual").legend)


def test_a_restriction_keeps_those_days_and_hours_of_the_readers_clock(draw: Callable[..., Timeline]) -> None:
    (line,) = _lines(draw("?series=window/light&range=7d&days=67&hours=9-12&marks=none"))
    kept = {x[:13] for x, y in zip(line["x"], line["y"], strict=True) if y is not None}
    assert kept == {f"2026-11-{day} {hour:02}" for day in (14, 15) for hour in (9, 10, 11)}
    (line,) = _lines(draw("?series=window/light&range=7d&days=5&hours=23-1&marks=none"))
    kept = {x[:13] for x, y in zip(line["x"], line["y"], strict=True) if y is not None}
    assert kept == {"2026-11-13 00", "2026-11-13 23"}


def test_a_zoom_has_finer_buckets_over_the_same_readings(
    draw: Callable[..., Timeline], reading: Context, opened: Open, style: Style
) -> None:
    exploration = opened("?series=window/light&range=all&marks=none")
    zoom = (NOON_US - 3 * US_PER_DAY, NOON_US - 2 * US_PER_DAY)
    asked = {"device": "window", "metric": "light", "points": 100}
    start, end = exploration.window(NOON_US)
    coarse = reading.reader.ask("buckets", **asked, start_us=start, end_us=end).to_pylist()
    fine = reading.reader.ask("buckets", **asked, start_us=zoom[0], end_us=zoom[1]).to_pylist()
    assert fine[1]["t_us"] - fine[0]["t_us"] < coarse[1]["t_us"] - coarse[0]["t_us"]
    inside = [row for row in coarse if zoom[0] <= row["t_us"] < zoom[1]]
    assert sum(row["count"] for row in fine) == sum(row["count"] for row in inside) == 144
    found = draw("?series=window/light&range=all&marks=none", zoom)
    assert found.figure["layout"]["xaxis"]["range"] == ["2026-11-14 15:00", "2026-11-15 15:00"]
    assert "double-click" in found.subtitle
    # With a margin on both sides, so that the line runs to the edges.
    (line,) = _lines(found)
    assert line["x"][0] < "2026-11-14 15:00"
    assert line["x"][-1] > "2026-11-15 15:00"


def test_an_empty_range_says_since_when_and_leads_to_the_last_day_with_data(draw: Callable[..., Timeline]) -> None:
    found = draw("?series=window/light&range=15m", now_us=NOON_US + 3 * US_PER_DAY)
    text = str(found.cover)
    assert found.figure["layout"]["xaxis"]["range"] == ["2026-11-20 14:45", "2026-11-20 15:00"]
    assert "No measurement in this range" in text
    assert "window last sent data 14:50 on Tue 17 Nov" in text
    end = iso_utc(NOON_US - 10 * US_PER_MINUTE + 1_000_000)
    assert f"to={end}" in text
    assert "Show the last 24 h with data" in text


def test_nothing_in_these_hours_leads_to_all_of_them(draw: Callable[..., Timeline]) -> None:
    text = str(draw("?series=window/light&range=1h&hours=3-4").cover)
    assert "Show every day and hour" in text
    assert "?series=window/light&range=1h'" in text


def test_everything_is_said_in_the_readers_language(draw: Callable[..., Timeline], style: Style) -> None:
    french = replace(style, language="fr", say=speaker("fr"), zone=ZoneInfo("Europe/Paris"))
    found = draw(f"{BOTH}&range=all&compare=before,usual", look=french)
    assert "pas de" in found.figure["layout"]["annotations"][-1]["text"]
    assert "tirets : " in str(found.legend)
    assert "ses nombres sont dans la liste Statistiques" in found.description
    assert found.figure["layout"]["separators"].startswith(",")


def test_a_devices_colour_and_a_metrics_decimals_are_as_people_said(
    reading: Context, opened: Open, style: Style
) -> None:
    def of(search: str, colours: dict[str, str]) -> Timeline:
        exploration = opened(search)
        series = tuple(replace(one, colour=colours.get(one.device), decimals=3) for one in exploration.series)
        kept = Exploration.from_json(replace(exploration, series=series).as_json())
        return Drawer(reading, kept, style, None, NOON_US).draw()

    both = f"{BOTH}&series=window/temperature&range=7d"
    lines = _lines(of(both, {"window": "#0a7f5a", "attic": "#ff00ff"}))
    # The second series of a device must be told apart from its first.
    assert [line["line"]["color"] for line in lines] == ["#0a7f5a", "#ff00ff", style.palette.hues[2]]
    assert all("%{y:,.3f}" in line["hovertemplate"] for line in lines)
    # What cannot be seen on the panel, or is no colour, does not count.
    lines = _lines(of(both, {"window": style.palette.panel, "attic": "javascript:1"}))
    assert [line["line"]["color"] for line in lines] == list(style.palette.hues[:3])
