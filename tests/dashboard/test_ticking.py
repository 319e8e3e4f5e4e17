"""Ticks, drawing and zooming as plain functions, with answers made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
from dash import Patch, no_update

from dashboard.callbacks.opening import zoom_asked
from dashboard.context import Context
from dashboard.drawing import draw, zoom_of
from dashboard.figures import LINE, Style
from dashboard.live import Shown
from dashboard.ticking import News, Ticker
from dashboard.views import View
from telemetry.errors import QuestionError, StoreUnavailableError
from telemetry.timestamps import iso_utc
from tests.dashboard.conftest import (
    NOON_US,
    SECOND,
    bucket_table,
    changes_table,
    health_table,
    readings_table,
)

VIEW = View("window", "light", "15m", unit="lx")
NOW = NOON_US + 900 * SECOND
SERIES = pa.Table.from_pylist([{"device": "window", "metric": "light", "last_us": NOW - SECOND}])


def _readings(**arguments: Any) -> pa.Table:
    times = [t for t in range(NOON_US, NOW, SECOND) if arguments["start_us"] <= t < arguments["end_us"]]
    return readings_table(times, [float(t // SECOND % 50) for t in times])


def _drawn(context_on: Callable[..., Context], style: Style) -> Shown:
    context = context_on(changes=changes_table([], "c1"), buckets=_readings)
    drawing = draw(context, VIEW, style, Shown(""), None, NOW)
    assert drawing is not None
    return replace(drawing.shown, revision=1, health="100-12-0-0-0")


def _tick(context: Context, style: Style, shown: Shown, **wishes: Any) -> News | None:
    ticker = Ticker(context, wishes.pop("view", VIEW), style, wishes.pop("zoom", None), NOW, wishes.pop("live", True))
    return ticker.tick(shown, wishes.pop("count", 1))


def test_drawing_notes_the_cursor_before_the_points(context_on: Any, style: Style) -> None:
    context = context_on(changes=changes_table([], "c1"), buckets=_readings)
    drawing = draw(context, VIEW, style, Shown(""), None, NOW)
    assert [question for question, _ in context.reader.asked] == ["changes", "notes", "happenings", "buckets"]
    assert drawing.shown.cursor == "c1"
    assert drawing.shown.view == VIEW.search()
    assert drawing.subtitle == "900 readings"
    assert len(drawing.figure["data"][LINE]["x"]) == 900


def test_nothing_new_changes_nothing(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    assert _tick(context_on(changes=changes_table([])), style, shown) is None


def test_a_tick_asks_one_question(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    context = context_on(changes=changes_table([]))
    _tick(context, style, shown)
    assert context.reader.asked == [("changes", {"device": "window", "metric": "light", "cursor": "c1"})]


def test_a_new_reading_is_appended(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    news = _tick(context_on(changes=changes_table([(NOW, 7.0)])), style, shown)
    assert news is not None
    assert isinstance(news.figure, Patch)
    assert news.shown.points == 901
    assert news.shown.cursor == "c2"
    assert news.time_ms == str(NOW // 1_000)
    assert news.value[0] == "7"
    assert news.subtitle == "901 readings"
    assert news.revision is no_update


def test_what_was_stored_while_drawing_is_not_drawn_twice(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    news = _tick(context_on(changes=changes_table([(NOW - SECOND, 7.0)])), style, shown)
    assert news is not None
    assert news.figure is no_update


def test_a_late_reading_draws_the_whole(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    news = _tick(context_on(changes=changes_table([(NOW - 60 * SECOND, 7.0)]), buckets=_readings), style, shown)
    assert news is not None
    assert isinstance(news.figure, dict)
    assert news.value is no_update


def test_an_incomplete_cursor_draws_the_whole(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    context = context_on(changes=changes_table([], complete=False), buckets=_readings, series=SERIES)
    news = _tick(context, style, shown)
    assert news is not None
    assert isinstance(news.figure, dict)
    assert news.refresh == NOW // 1_000
    # What nobody was told of is looked up.
    assert news.value[0] == str((NOW // SECOND - 1) % 50)
    assert news.time_ms == str(NOW // 1_000 - 1_000)


def test_what_comes_while_the_whole_is_drawn_is_heard_by_the_next_tick(context_on: Any, style: Style) -> None:
    """A reading that is on the chart already, and came after the newest one was looked up, is no number's yet."""
    cursors = iter(["c2", "c3"])
    context = context_on(
        changes=lambda **_: changes_table([], next(cursors), complete=False), buckets=_readings, series=SERIES
    )
    news = _tick(context, style, _drawn(context_on, style))
    assert news is not None
    assert isinstance(news.figure, dict)
    assert news.shown.cursor == "c2"


def test_drawing_the_same_view_again_goes_on_hearing_from_where_it_was(context_on: Any, style: Style) -> None:
    context = context_on(changes=changes_table([], "c9"), buckets=_readings)
    again = draw(context, VIEW, style, _drawn(context_on, style), None, NOW)
    assert again is not None
    assert again.shown.cursor == "c1"
    other = draw(context, replace(VIEW, range="1h"), style, _drawn(context_on, style), None, NOW)
    assert other is not None
    assert other.shown.cursor == "c9"


def test_a_new_revision_is_passed_on(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    news = _tick(context_on(changes=changes_table([], revision=2)), style, shown)
    assert news is not None
    assert news.revision == 2
    assert news.figure is no_update


def test_a_paused_chart_stays_but_the_newest_value_goes_on(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    news = _tick(context_on(changes=changes_table([(NOW, 7.0)])), style, shown, live=False)
    assert news is not None
    assert news.figure is no_update
    assert news.value[0] == "7"


def test_a_tick_for_a_view_that_is_being_drawn_does_nothing(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    assert _tick(context_on(), style, shown, view=replace(VIEW, metric="temperature")) is None


def test_without_ingest_the_page_is_told_once(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    down = _tick(context_on(), style, shown)
    assert down is not None
    assert down.health == "down-0"
    assert down.shown.cursor == ""
    assert _tick(context_on(), style, down.shown) is None


def test_when_ingest_is_back_the_whole_is_drawn(context_on: Any, style: Style) -> None:
    shown = replace(_drawn(context_on, style), cursor="", health="down-0")
    context = context_on(
        health=health_table(revision=9), changes=changes_table([], revision=9), buckets=_readings, series=SERIES
    )
    news = _tick(context, style, shown)
    assert news is not None
    assert isinstance(news.figure, dict)
    assert news.time_ms == str(NOW // 1_000 - 1_000)
    assert news.health == "100-12-0-0-0"
    assert news.revision == 9


def test_health_is_asked_for_now_and_then(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    context = context_on(changes=changes_table([]), health=health_table(broker_connected=False))
    news = _tick(context, style, shown, count=5)
    assert news is not None
    assert news.health == "000-12-0-0-0"


def test_without_a_device_only_the_store_is_watched(context_on: Any, style: Style) -> None:
    context = context_on(health=health_table())
    news = _tick(context, style, Shown(""), view=View("", ""))
    assert news is not None
    assert news.revision == 1
    assert [question for question, _ in context.reader.asked] == ["health"]


def test_a_refused_question_does_not_stop_the_ticks(context_on: Any, style: Style) -> None:
    shown = _drawn(context_on, style)
    assert _tick(context_on(changes=QuestionError("no")), style, shown) is None


def test_a_long_range_asks_only_for_the_buckets_from_the_last_one_on(context_on: Any, style: Style) -> None:
    minute = 60 * SECOND
    start = NOW - 1_440 * minute
    rows = [(start + i * minute, 5.5, 4.0, 7.0, 60) for i in range(1_440)]
    view = replace(VIEW, range="24h")
    drawing = draw(
        context_on(changes=changes_table([], "c1"), buckets=bucket_table(rows, minute)),
        view,
        style,
        Shown(""),
        None,
        NOW,
    )
    last = rows[-1][0]
    context = context_on(changes=changes_table([(NOW, 9.0)]), buckets=bucket_table([(last, 6.5, 4.0, 9.0, 61)], minute))
    news = _tick(context, style, replace(drawing.shown, revision=1), view=view)
    assert news is not None
    assert isinstance(news.figure, Patch)
    assert context.reader.asked[-1] == (
        "buckets",
        {"device": "window", "metric": "light", "start_us": last, "end_us": last + 2 * minute, "points": 2},
    )


def test_a_zoom_asks_for_the_buckets_of_what_is_shown(context_on: Any, style: Style) -> None:
    zoom = (NOON_US + 300 * SECOND, NOON_US + 400 * SECOND)
    context = context_on(changes=changes_table([], "c1"), buckets=_readings)
    shown = Shown(VIEW.search(), "c1", bucket_us=5 * SECOND)
    drawing = draw(context, VIEW, style, shown, zoom, NOW, only_zoom=True)
    assert drawing is not None
    assert drawing.shown.zoomed
    assert drawing.figure["layout"]["xaxis"]["range"] == ["2026-11-17 15:05", "2026-11-17 15:06:40"]
    asked = context.reader.asked[-1][1]
    assert (asked["start_us"], asked["end_us"]) == (zoom[0] - 10 * SECOND, zoom[1] + 10 * SECOND)


def test_a_zoom_into_readings_that_are_all_there_asks_nothing(context_on: Any, style: Style) -> None:
    zoom = (NOON_US + 300 * SECOND, NOON_US + 400 * SECOND)
    context = context_on()
    assert draw(context, VIEW, style, _drawn(context_on, style), zoom, NOW, only_zoom=True) is None
    assert context.reader.asked == []


def test_a_zoomed_chart_is_left_alone_by_ticks(context_on: Any, style: Style) -> None:
    shown = replace(_drawn(context_on, style), zoomed=True)
    news = _tick(context_on(changes=changes_table([(NOW, 7.0)])), style, shown)
    assert news is not None
    assert news.figure is no_update


def test_going_back_from_a_zoom_draws_the_whole(context_on: Any, style: Style) -> None:
    context = context_on(changes=changes_table([], "c1"), buckets=_readings)
    shown = replace(_drawn(context_on, style), zoomed=True)
    drawing = draw(context, VIEW, style, shown, None, NOW, only_zoom=True)
    assert drawing is not None
    assert drawing.figure["layout"]["xaxis"]["autorange"] is True


def test_a_zoom_belongs_to_its_view() -> None:
    start, end = NOON_US + 300 * SECOND, NOON_US + 360 * SECOND
    kept = {"search": VIEW.search(), "from": start // 1_000, "to": end // 1_000}
    assert zoom_of(kept, VIEW) == (start, end)
    assert zoom_of(kept, replace(VIEW, metric="temperature")) is None
    assert zoom_of({**kept, "to": start // 1_000}, VIEW) is None
    assert zoom_of({"search": VIEW.search()}, VIEW) is None
    assert zoom_of(None, VIEW) is None


def test_an_address_brings_its_zoom_once() -> None:
    start, end = NOON_US + 300 * SECOND, NOON_US + 360 * SECOND
    search = f"{VIEW.search()}&zoom={iso_utc(start)}/{iso_utc(end)}"
    kept = {"search": VIEW.search(), "from": start // 1_000, "to": end // 1_000}
    assert zoom_asked(search, None, VIEW) == {**kept, "asked": True}
    assert zoom_asked(search, kept, VIEW) is no_update
    assert zoom_asked(VIEW.search(), kept, VIEW) == {"search": VIEW.search(), "asked": True}
    assert zoom_asked(VIEW.search(), None, VIEW) is no_update
    assert zoom_asked(f"{VIEW.search()}&zoom=nonsense", None, VIEW) is no_update


def test_an_empty_range_offers_the_last_day_with_data(context_on: Any, style: Style) -> None:
    series = pa.Table.from_pylist([{"device": "window", "metric": "light", "last_us": NOON_US}])
    context = context_on(changes=StoreUnavailableError("down"), buckets=bucket_table([]), series=series)
    drawing = draw(context, VIEW, style, Shown(""), None, NOW)
    assert drawing is not None
    assert drawing.shown.cursor == ""
    link = drawing.cover.children[-1]
    assert link.href.startswith("?device=window&metric=light&from=2026-11-16T14:00:01")
    assert "Tue 17 Nov" in drawing.cover.children[2].children
