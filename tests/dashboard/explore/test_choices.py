"""From an address to what is explored, and back."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.explore.choices import ALL_HOURS, EVERY_DAY, MARKS, Catalog, Exploration, resolve, zoom_in
from dashboard.series import Series
from telemetry.timestamps import US_PER_DAY, parse_instant

NOW = parse_instant("2026-11-17T14:00:00Z")


def _row(device: str, metric: str, count: int = 5) -> dict[str, Any]:
    first = NOW - 400 * US_PER_DAY if count else None
    return {
        "device": device, "metric": metric, "unit": "lx", "label": None, "count": count,
        "first_us": first, "last_us": NOW if count else None,
    }  # fmt: skip


CATALOG = Catalog(
    [_row("attic", "light", 0), _row("cellar", "humidity"), _row("cellar", "light"), _row("sonde été", "a/b & c")],
    [{"device": "attic", "name": "Attic"}, {"device": "cellar", "name": None}],
)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", "?series=cellar/humidity&range=24h"),
        ("?series=attic/light&series=cellar/light&range=1y", "?series=attic/light&series=cellar/light&range=1y"),
        ("?series=attic/light&series=attic/light&range=all", "?series=attic/light&range=all"),
        ("?series=garage/light&range=1000y", "?series=cellar/humidity&range=24h"),
        ("?series=cellar&compare=x,usual,before", "?series=cellar/humidity&range=24h&compare=before,usual"),
        ("?days=76", "?series=cellar/humidity&range=24h&days=67"),
        ("?days=1234567&hours=0-24", "?series=cellar/humidity&range=24h"),
        ("?days=9&hours=30-2", "?series=cellar/humidity&range=24h"),
        ("?hours=22-6", "?series=cellar/humidity&range=24h&hours=22-6"),
        ("?hours=6-6&detail=2", "?series=cellar/humidity&range=24h"),
        ("?marks=", "?series=cellar/humidity&range=24h"),
        ("?marks=none", "?series=cellar/humidity&range=24h&marks=none"),
        ("?marks=losses,notes", "?series=cellar/humidity&range=24h&marks=notes,losses"),
        (
            "?series=cellar/light&series=attic/light&detail=2",
            "?series=cellar/light&series=attic/light&range=24h&detail=2",
        ),
        (
            "?from=2026-11-17T14:00:00Z&to=2026-11-18",
            "?series=cellar/humidity&from=2026-11-17T14:00:00.000Z&to=2026-11-18T00:00:00.000Z",
        ),
        ("?from=2026-11-18&to=2026-11-17&range=7d", "?series=cellar/humidity&range=7d"),
        ("?from=x&to=y&zone=Asia/Tokyo", "?series=cellar/humidity&range=24h&zone=Asia/Tokyo"),
    ],
)
def test_what_an_address_leaves_out_or_has_wrong_is_chosen(search: str, expected: str) -> None:
    found = resolve(search, CATALOG)
    assert found.search() == expected
    assert resolve(found.search(), CATALOG) == found


def test_names_that_need_escaping_are_escaped() -> None:
    series = Series("sonde été", "a/b & c")
    search = Exploration((series,)).search()
    assert resolve(search, CATALOG).series[0].metric == "a/b & c"
    assert resolve(search, CATALOG).search() == search


def test_no_more_series_than_can_be_told_apart() -> None:
    rows = [_row("d", f"m{i}") for i in range(20)]
    search = "?" + "&".join(f"series=d/m{i}" for i in range(20))
    assert [series.metric for series in resolve(search, Catalog(rows)).series] == [f"m{i}" for i in range(8)]


def test_without_any_series_there_is_an_empty_exploration() -> None:
    assert resolve("?series=a/b", Catalog([])).series == ()


def test_an_exploration_survives_the_browser() -> None:
    search = (
        "?series=cellar/light&series=attic/light&from=2026-11-17T14:00:00.250Z&to=2026-11-18"
        "&compare=usual&days=12345&hours=9-19&marks=notes&zone=Asia/Tokyo&detail=2"
    )
    found = resolve(search, CATALOG)
    assert Exploration.from_json(found.as_json()) == found
    assert (found.weekdays, found.hours) != (EVERY_DAY, ALL_HOURS)
    assert found.marks == ("notes",) != MARKS


def test_ranges_end_now_and_all_begins_with_the_first_reading() -> None:
    assert resolve("?range=30d", CATALOG).window(NOW) == (NOW - 30 * US_PER_DAY, NOW)
    assert resolve("?range=all", CATALOG).window(NOW) == (NOW - 400 * US_PER_DAY, NOW)
    start, end = resolve("?series=attic/light&range=all", CATALOG).window(NOW)
    assert start < end == NOW


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("?zoom=2026-11-17T14:00:00Z/2026-11-17T15:00:00Z", ("2026-11-17T14:00:00Z", "2026-11-17T15:00:00Z")),
        ("?zoom=2026-11-17T15:00:00Z/2026-11-17T14:00:00Z", None),
        ("?zoom=2026-11-17T15:00:00Z", None),
        ("?zoom=/", None),
        ("", None),
    ],
)
def test_a_zoom_is_read_from_the_address(search: str, expected: tuple[str, str] | None) -> None:
    assert zoom_in(search) == (expected and tuple(map(parse_instant, expected)))
