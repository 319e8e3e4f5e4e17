"""From an address to a view and back."""

from __future__ import annotations

import pytest

from dashboard.views import CUSTOM, View, resolve
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, parse_instant

SERIES = [
    {"device": "attic", "metric": "light", "unit": "lx", "label": "Light", "count": 0, "first_us": None},
    {"device": "cellar", "metric": "humidity", "unit": "%", "label": None, "count": 5, "first_us": 1_000_000},
    {"device": "cellar", "metric": "light", "unit": "lx", "label": None, "count": 5, "first_us": 1_000_000},
    {"device": "roof", "metric": "rain", "unit": "mm", "label": None, "count": 0, "first_us": None},
    {"device": "roof", "metric": "wind", "unit": "m/s", "label": None, "count": 5, "first_us": 1_000_000},
]


@pytest.mark.parametrize(
    ("search", "device", "metric", "range_"),
    [
        ("", "", "", "15m"),
        ("?device=", "", "", "15m"),
        ("?device=attic", "attic", "light", "15m"),
        ("?device=cellar&metric=light&range=24h", "cellar", "light", "24h"),
        ("?device=cellar&metric=pressure", "cellar", "humidity", "15m"),
        ("?device=garage&metric=light&range=7d", "", "light", "7d"),
        ("?device=cellar&range=1000y", "cellar", "humidity", "15m"),
        ("?device=cellar&from=x&to=y&range=1h", "cellar", "humidity", "1h"),
        ("?device=cellar&from=2026-11-18&to=2026-11-17", "cellar", "humidity", "15m"),
        ("?device=roof", "roof", "wind", "15m"),  # what has readings comes before what has none
        ("?device=cellar&device=attic", "attic", "light", "15m"),
    ],
)
def test_what_an_address_leaves_out_or_has_wrong_is_chosen_but_no_device(
    search: str, device: str, metric: str, range_: str
) -> None:
    view = resolve(search, SERIES)
    assert (view.device, view.metric, view.range) == (device, metric, range_)


def test_without_any_device_there_is_an_empty_view() -> None:
    assert resolve("?device=x", []).device == ""


@pytest.mark.parametrize(
    "search",
    [
        "?device=cellar&metric=light&range=30d",
        "?device=cellar&metric=light&from=2026-11-17T14:00:00.000Z&to=2026-11-18T14:00:00.500Z",
    ],
)
def test_a_link_opens_the_same_view(search: str) -> None:
    assert resolve(search, SERIES).search() == search


def test_a_view_survives_the_browser() -> None:
    view = resolve("?from=2026-11-17T14:00:00.250Z&to=2026-11-18", SERIES)
    assert View.from_json(view.as_json()) == view


def test_names_that_need_escaping_are_escaped() -> None:
    view = View("sonde été & co", "light/ü", "1h")
    series = [{**SERIES[1], "device": view.device, "metric": view.metric}]
    assert resolve(view.search(), series).device == view.device


def test_a_preset_ends_now_and_a_custom_range_where_it_says() -> None:
    now = parse_instant("2026-11-17T14:00:00Z")
    assert View("d", "m", "15m").window(now) == (now - 15 * US_PER_MINUTE, now)
    assert View("d", "m", CUSTOM, 5, 5 + US_PER_DAY).window(now) == (5, 5 + US_PER_DAY)
