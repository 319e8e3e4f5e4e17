"""Cards, list, header and opening, as plain functions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import plotly.io
import pyarrow as pa
import pytest

from dashboard.callbacks.frame import Situation, chart_state, situation
from dashboard.callbacks.numbers import numbers
from dashboard.callbacks.opening import open_view
from dashboard.callbacks.state import span_between
from dashboard.drawing import newest
from dashboard.figures import Style, config
from dashboard.liveness import standing
from dashboard.panels.header import badges, banners
from dashboard.panels.welcome import welcome
from dashboard.translations import speaker
from dashboard.views import View
from telemetry.errors import StoreUnavailableError
from telemetry.settings import Settings
from tests.dashboard.conftest import NOON_US, SECOND, bucket_table, health_table, readings_table, status_row

VIEW = View("window", "light", "15m", unit="lx")


def text_of(component: Any) -> str:
    """Everything that a component says."""
    return json.dumps(json.loads(plotly.io.json.to_json_plotly(component)), ensure_ascii=False)


def _statistics(count: int = 900, mean: float | None = 412.37) -> pa.Table:
    row = {
        "count": count, "mean": mean, "deviation": 20.1, "min": 400.0, "min_us": NOON_US, "max": 655.0,
        "max_us": NOON_US + SECOND, "first_us": NOON_US, "last_us": NOON_US + 899 * SECOND,
    }  # fmt: skip
    return pa.Table.from_pylist([row if count else dict.fromkeys(row) | {"count": 0}])


def test_the_numbers_of_a_range(context_on: Any, style: Style) -> None:
    times = [NOON_US + i * SECOND for i in range(900)]
    context = context_on(statistics=_statistics(), buckets=readings_table(times, [400.0 + i % 9 for i in range(900)]))
    cards, listed, _ = numbers(context, VIEW, style, NOON_US + 900 * SECOND)
    shown = text_of(cards) + text_of(listed)
    said = ("412.4", "400\u202f–\u202f655", "max 15:00", "900 readings, no gap", "Std deviation", "15:14:59")
    assert [words for words in said if words not in shown] == []


def test_decimals_are_as_people_said(context_on: Any, style: Style) -> None:
    times = [NOON_US + i * SECOND for i in range(900)]
    context = context_on(statistics=_statistics(), buckets=readings_table(times, [400.0 + i % 9 for i in range(900)]))
    cards, listed, *_ = numbers(context, replace(VIEW, decimals=3), style, NOON_US + 900 * SECOND)
    shown = text_of(cards) + text_of(listed)
    for words in ("412.370", "400.000\u202f–\u202f655.000", "20.100"):
        assert words in shown, words


def test_an_empty_range_has_dashes_and_a_sentence(context_on: Any, style: Style) -> None:
    context = context_on(statistics=_statistics(0), buckets=bucket_table([]))
    cards, listed, _ = numbers(context, VIEW, style, NOON_US)
    assert "No measurement in this range" in text_of(listed)
    assert text_of(cards).count("—") == 2


def test_a_store_that_does_not_answer_takes_one_panel_only(context_on: Any, style: Style) -> None:
    _, listed, _ = numbers(context_on(statistics=StoreUnavailableError("not there")), VIEW, style, NOON_US)
    assert "not there" in text_of(listed)
    assert "Retry" in text_of(listed)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_badges_say_in_words_what_their_dots_show(style: Style, language: str) -> None:
    from dataclasses import replace

    style = replace(style, language=language, say=speaker(language))
    health = health_table().to_pylist()[0]
    live = standing("window", status_row(), NOON_US, NOON_US)
    silent = standing("window", status_row(online=False), NOON_US, NOON_US)
    assert banners(health, live, NOON_US, style) == []
    assert len(banners(None, silent, NOON_US, style)) == 2
    assert len(banners({**health, "broker_connected": False, "clock_behind": True}, None, NOON_US, style)) == 2
    for found in (badges(health, live, style), badges(None, silent, style), badges(health, None, style)):
        assert all("badge-value" in text_of(badge) for badge in found)


def test_a_metric_without_a_reading_says_how_long_its_device_has_been_quiet(style: Style) -> None:
    quiet = standing("window", status_row(), NOON_US, NOON_US + 3_600 * SECOND)
    (words,) = [badge for badge in badges(health_table().to_pylist()[0], quiet, style) if "newest" in str(badge)]
    assert str(NOON_US // 1_000) in str(words)


def test_what_cannot_be_asked_counts_as_not_there(context_on: Any, style: Style) -> None:
    assert situation(context_on(), "window", NOON_US) == Situation(None, None)
    assert text_of(chart_state(VIEW, Situation(None, None), style, live=True)).count("Stored") == 1


def test_opening_offers_what_there_is(context_on: Any) -> None:
    series = [{"device": "window", "metric": "light", "unit": "lx", "label": "Light", "count": 3, "first_us": NOON_US}]
    devices = [status_row(place="attic"), status_row(device="mute")]
    assert open_view("", series, devices).view.device == ""
    opened = open_view("?device=window", series, devices)
    assert opened.view.device == "window"
    assert opened.devices == [{"value": "window", "label": "window · attic"}, {"value": "mute", "label": "mute"}]
    assert opened.metrics == [{"value": "light", "label": "Light (lx)"}]
    assert open_view("?device=mute", series, devices).view.metric == ""


def test_the_newest_reading_is_the_series_last(context_on: Any) -> None:
    series = pa.Table.from_pylist([{"device": "window", "metric": "light", "last_us": NOON_US}])
    context = context_on(series=series, buckets=readings_table([NOON_US], [7.5]))
    assert newest(context, VIEW) == (NOON_US, 7.5)
    assert newest(context, View("window", "other")) == (0, None)


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("2026-11-17 15:00:00", "2026-11-17 16:00:00", None),
        ("2026-11-17 16:00:00", "2026-11-17 15:00:00", "range reversed"),
        ("2026-11-17 16:00:00", "2026-11-17 16:00:00", "range reversed"),
        ("", "2026-11-17 16:00:00", "range empty"),
        (None, None, "range empty"),
        ("x", "y", "range empty"),
    ],
)
def test_a_custom_range_is_on_the_pages_clock(style: Style, start: Any, end: Any, problem: str | None) -> None:
    assert span_between(start, end, style) == (problem or (NOON_US, NOON_US + 3_600 * SECOND))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_welcome_names_the_real_port_and_root(settings: Settings, language: str) -> None:
    from dataclasses import replace

    shown = text_of(welcome(replace(settings, mqtt_port=2883, topic_root="lab"), speaker(language)))
    assert "mosquitto_pub -p 2883 -t lab/output -m 1234.00" in shown
    assert "python -m firmware simulate --port 2883 --topic-root lab" in shown


def test_charts_send_nothing_to_a_cloud() -> None:
    chosen = config("fr")
    assert chosen["showSendToCloud"] is False
    assert chosen["plotlyServerURL"] == ""
    assert set(chosen["locales"]) == {"fr"}
    assert len(chosen["locales"]["fr"]["format"]["months"]) == 12


def test_a_hidden_device_is_left_out_of_the_choice_unless_it_is_open() -> None:
    series = [
        {"device": name, "metric": "light", "unit": None, "label": None, "count": 1, "first_us": 0}
        for name in ("shown", "hidden")
    ]
    devices = [status_row(device="shown"), {**status_row(device="hidden"), "hidden": True}]
    for search, names in (("?device=shown", ["shown"]), ("?device=hidden", ["shown", "hidden"])):
        assert [choice["value"] for choice in open_view(search, series, devices).devices] == names
