"""Local days, hours and weekdays against `datetime` and `zoneinfo`, around clock changes, wherever a reading may lie.

Paris changes by an hour, Kolkata is half an hour beside the hour, Lord Howe changes by half an hour.
"""

from __future__ import annotations

import math
import statistics as plain_statistics
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from telemetry.buckets import bucket_grid
from telemetry.errors import QuestionError
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE
from tests.harness.stock import Stock, stock

Reading = tuple[int, float]
SERIES = {"device": "window", "metric": "light"}


def _us(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc,arg-type]


#: A zone, and a moment near which its clocks change (or not).
CHANGES = {
    "Europe/Paris in spring": ("Europe/Paris", _us(2026, 3, 29, 1)),
    "Europe/Paris in autumn": ("Europe/Paris", _us(2026, 10, 25, 1)),
    "Asia/Kolkata": ("Asia/Kolkata", _us(2026, 3, 29, 1)),
    "Lord Howe in spring": ("Australia/Lord_Howe", _us(2026, 10, 3, 15, 30)),
    "Lord Howe in autumn": ("Australia/Lord_Howe", _us(2026, 4, 4, 15)),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


def local(t_us: int, zone: str) -> datetime:
    moment = datetime.fromtimestamp(t_us // 1_000_000, UTC).astimezone(ZoneInfo(zone))
    return moment.replace(microsecond=t_us % 1_000_000)


def true_start(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


_OFFSETS = (
    st.integers(-40 * US_PER_HOUR, 40 * US_PER_HOUR) | st.integers(-5, 5) | st.integers(-US_PER_HOUR, US_PER_HOUR)
)
_VALUES = st.floats(-1e4, 1e4, allow_nan=False) | st.sampled_from([0.0, 20.5, 4095.0])
_READINGS = st.lists(st.tuples(_OFFSETS, _VALUES), max_size=14)
_SPAN = st.tuples(_OFFSETS, _OFFSETS).map(lambda ends: (min(ends), max(ends)))
_EXAMPLES = hypothesis_settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fill(store: Stock, change_us: int, portions: list[list[Reading]]) -> list[Reading]:
    """Closed, late and newest readings of one series, others beside them; all readings, in order."""
    placed = [[(change_us + offset, 1, value) for offset, value in portion] for portion in portions]
    beside = [(change_us + n * US_PER_HOUR, 2, 1e9) for n in range(3)]
    store.spread(placed[0] + beside, placed[1] + beside, placed[2] + beside)
    return sorted((t_us, value) for portion in placed for t_us, _, value in portion)


def assert_sums(row: dict[str, Any], values: list[float]) -> None:
    assert row["count"] == len(values)
    if not values:
        assert row["mean"] is row["min"] is row["max"] is None
        return
    assert (row["min"], row["max"]) == (min(values), max(values))
    assert abs(row["mean"] - math.fsum(values) / len(values)) <= 1e-12 * math.fsum(map(abs, values)) + 1e-300


_FIRST_OF: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}


def _next(first: date, unit: str) -> date:
    if unit == "month":
        return (first + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=1 if unit == "day" else 7)


@pytest.mark.parametrize("change", CHANGES)
@_EXAMPLES
@given(portions=st.lists(_READINGS, min_size=3, max_size=3), span=_SPAN, unit=st.sampled_from(list(_FIRST_OF)))
def test_local_days_weeks_and_months(
    change: str, portions: list[list[Reading]], span: tuple[int, int], unit: str, store: Stock
) -> None:
    zone, change_us = CHANGES[change]
    everything = fill(store, change_us, portions)
    start, end = change_us + span[0], change_us + span[1]
    assume(start < end)
    rows = store.ask("by_local", **SERIES, start_us=start, end_us=end, unit=unit, zone=zone).to_pylist()
    first = _FIRST_OF[unit](local(start, zone).date())
    expected = []
    while true_start(first, zone) < end:
        expected.append(first)
        first = _next(first, unit)
    assert [row["date"] for row in rows] == [day.isoformat() for day in expected]
    for row, day in zip(rows, expected, strict=True):
        assert (row["t_us"], row["end_us"]) == (true_start(day, zone), true_start(_next(day, unit), zone))
        assert_sums(row, [v for t, v in everything if start <= t < end and row["t_us"] <= t < row["end_us"]])


def test_days_of_23_and_25_hours_are_one_day(store: Stock) -> None:
    hours = {}
    for change, (zone, change_us) in CHANGES.items():
        rows = store.ask("by_local", **SERIES, start_us=change_us - 1, end_us=change_us, unit="day", zone=zone)
        (row,) = rows.to_pylist()
        hours[change] = (row["end_us"] - row["t_us"]) / US_PER_HOUR
    assert hours == {
        "Europe/Paris in spring": 23, "Europe/Paris in autumn": 25, "Asia/Kolkata": 24, "Lord Howe in spring": 23.5,
        "Lord Howe in autumn": 24.5,
    }  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@_EXAMPLES
@given(portions=st.lists(_READINGS, min_size=3, max_size=3), span=_SPAN)
def test_hours_by_weekday_and_what_is_usual(
    change: str, portions: list[list[Reading]], span: tuple[int, int], store: Stock
) -> None:
    zone, change_us = CHANGES[change]
    everything = fill(store, change_us, portions)
    start, end = change_us + span[0], change_us + span[1]
    groups: dict[tuple[int, int], list[float]] = {}
    for t_us, value in everything:
        if start <= t_us < end:
            moment = local(t_us, zone)
            groups.setdefault((moment.weekday(), moment.hour), []).append(value)
    rows = store.ask("hour_weekday", **SERIES, start_us=start, end_us=end, zone=zone).to_pylist()
    assert [(row["weekday"], row["hour"]) for row in rows] == sorted(groups)
    for row in rows:
        assert_sums(row, groups[row["weekday"], row["hour"]])
    usual = store.ask("usual", **SERIES, before_us=change_us + 41 * US_PER_HOUR, zone=zone, weeks=1).to_pylist()
    groups = {}
    for t_us, value in everything:
        moment = local(t_us, zone)
        groups.setdefault((moment.weekday(), moment.hour), []).append(value)
    assert {(row["weekday"], row["hour"]): row["count"] for row in usual} == {
        key: len(values) for key, values in groups.items()
    }
    for row in usual:
        values = sorted(groups[row["weekday"], row["hour"]])
        for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
            place = share * (len(values) - 1)
            below, above = values[math.floor(place)], values[math.ceil(place)]
            wanted = below + (above - below) * (place - math.floor(place))
            assert abs(row[name] - wanted) <= 0.0101 * max(abs(below), abs(above))


@pytest.mark.parametrize("change", CHANGES)
@_EXAMPLES
@given(
    portions=st.lists(_READINGS, min_size=3, max_size=3),
    span=_SPAN,
    weekdays=st.lists(st.integers(0, 6), min_size=1, max_size=6),
    hours=st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda ends: ends[0] != ends[1]),
    points=st.integers(1, 40),
)
def test_a_range_restricted_to_weekdays_and_hours(
    change: str, portions: list[list[Reading]], span: tuple[int, int], weekdays: list[int], hours: tuple[int, int],
    points: int, store: Stock,
) -> None:  # fmt: skip
    zone, change_us = CHANGES[change]
    everything = fill(store, change_us, portions)
    start, end = change_us + span[0], change_us + span[1]
    first, last = hours

    def lets_through(t_us: int) -> bool:
        moment = local(t_us, zone)
        within = first <= moment.hour < last if first < last else moment.hour >= first or moment.hour < last
        return within and moment.weekday() in weekdays

    inside = [(t, v) for t, v in everything if start <= t < end and lets_through(t)]
    only = {"zone": zone, "weekdays": weekdays, "hours": list(hours)}
    whole = {**SERIES, "start_us": start, "end_us": end, **only}
    (row,) = store.ask("statistics", **whole).to_pylist()
    assert_sums(row, [value for _, value in inside])
    table = store.ask("buckets", **whole, points=points)
    if len(inside) <= points:
        assert sorted(zip(table["t_us"].to_pylist(), table["mean"].to_pylist(), strict=True)) == inside
    else:
        width, origin = bucket_grid(start, end, points)
        assert metadata_of(table)["bucket_us"] == width
        groups: dict[int, list[float]] = {}
        for t_us, value in inside:
            groups.setdefault((t_us - origin) // width * width + origin, []).append(value)
        assert table["t_us"].to_pylist() == sorted(groups)
        for found in table.to_pylist():
            assert_sums(found, groups[found["t_us"]])
    columns = store.ask("histogram", **whole, columns=5).to_pylist()
    assert sum(column["count"] for column in columns) == len(inside)
    for column in columns[:-1]:
        assert column["count"] == sum(column["low"] <= value < column["high"] for _, value in inside)


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_range_before_is_aligned_by_weekday_and_clock(change: str, store: Stock) -> None:
    zone, change_us = CHANGES[change]
    day = local(change_us, zone).date() + timedelta(days=2)
    start, end = true_start(day, zone), true_start(day + timedelta(days=1), zone)
    noons = [
        int(datetime(each.year, each.month, each.day, 12, tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000
        for each in (day, day - timedelta(days=7))
    ]
    store.spread([(noons[1], 1, 7.0)], [(noons[0], 1, 8.0)], [])
    table = store.ask("buckets_before", **SERIES, start_us=start, end_us=end, points=10, zone=zone)
    (row,) = table.to_pylist()
    assert (row["t_us"], row["shown_us"], row["mean"]) == (noons[1], noons[0], 7.0)
    facts = metadata_of(table)
    assert (facts["weeks"], facts["start_us"]) == (1, true_start(day - timedelta(days=7), zone))


@_EXAMPLES
@given(portions=st.lists(_READINGS, min_size=3, max_size=3), span=_SPAN, count=st.integers(1, 20))
def test_last_values_means_raw_points_and_several_series(
    portions: list[list[Reading]], span: tuple[int, int], count: int, store: Stock
) -> None:
    change_us = CHANGES["Asia/Kolkata"][1]
    everything = fill(store, change_us, portions)
    start, end = change_us + span[0], change_us + span[1]
    inside = [(t, v) for t, v in everything if start <= t < end]
    table = store.ask("readings", **SERIES, start_us=start, end_us=end, limit=10)
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert [t for t, _ in rows] == [t for t, _ in inside][:10]
    assert metadata_of(table)["complete"] == (len(inside) <= 10)
    newest = {row["device"]: row for row in store.ask("last_values").to_pylist()}
    assert ("window" in newest) == bool(everything)
    if everything:
        last_us = everything[-1][0]
        assert newest["window"]["t_us"] == last_us
        assert newest["window"]["value"] in [value for t_us, value in everything if t_us == last_us]
    (row,) = store.ask("last_mean", **SERIES, count=count).to_pylist()
    assert row["count"] == min(count, len(everything))
    times = [t_us for t_us, _ in everything]
    if everything and (len(times) <= count or times[-count] != times[-count - 1]):
        values = [value for _, value in everything[-count:]]
        assert abs(row["mean"] - plain_statistics.fmean(values)) <= 1e-9 * math.fsum(map(abs, values)) + 1e-300
    (row,) = store.ask("mean_of_hours", **SERIES, hours=30, end_us=end).to_pylist()
    assert_sums(row, [value for t_us, value in everything if end - 30 * US_PER_HOUR <= t_us < end])
    if start < end:
        pairs = [["window", "light"], ["attic", "light"], ["nobody", "light"]]
        table = store.ask("buckets_of", series=pairs, start_us=start, end_us=end, points=7)
        width = metadata_of(table)["bucket_us"]
        origin = bucket_grid(start, end, 7)[1]
        groups: dict[int, list[float]] = {}
        for t_us, value in inside:
            groups.setdefault((t_us - origin) // width * width + origin, []).append(value)
        mine = [row for row in table.to_pylist() if row["device"] == "window"]
        assert [row["t_us"] for row in mine] == sorted(groups)
        for row in mine:
            assert_sums(row, groups[row["t_us"]])


def test_many_readings_are_answered_from_the_sketch_within_its_error(store: Stock, monkeypatch: Any) -> None:
    monkeypatch.setattr("telemetry.questions.summary.EXACT_READINGS", 100)
    start = CHANGES["Asia/Kolkata"][1] // US_PER_DAY * US_PER_DAY
    readings = [(start + n * 7 * US_PER_MINUTE, 1, math.sin(n) * 50 + 60) for n in range(500)]
    store.spread(readings[:300], readings[300:400], readings[400:])
    whole = {**SERIES, "start_us": start, "end_us": start + 4 * US_PER_DAY}
    table = store.ask("statistics", **whole)
    (row,) = table.to_pylist()
    assert metadata_of(table)["exact"] is False
    cuts = plain_statistics.quantiles([value for *_, value in readings], n=20, method="inclusive")
    for name, wanted in (("p5", cuts[0]), ("median", cuts[9]), ("p95", cuts[18])):
        assert abs(row[name] - wanted) <= 0.0101 * abs(wanted)
    columns = store.ask("histogram", **whole, columns=10).to_pylist()
    assert sum(column["count"] for column in columns) == 500
    for column in columns:
        near = [value for *_, value in readings if column["low"] * 0.99 <= value <= column["high"] * 1.01]
        sure = [value for *_, value in readings if column["low"] * 1.011 <= value <= column["high"] * 0.989]
        assert len(sure) <= column["count"] <= len(near)
    # Of a short range the raw readings are looked at first; where they are too many, the sketch answers all the same.
    table = store.ask("statistics", **{**whole, "end_us": start + US_PER_DAY})
    inside = [value for t_us, _, value in readings if t_us < start + US_PER_DAY]
    (row,) = table.to_pylist()
    assert (row["count"], metadata_of(table)["exact"]) == (len(inside), False)
    assert abs(row["median"] - plain_statistics.median(inside)) <= 0.0101 * plain_statistics.median(inside)


def test_what_one_series_forgot_is_still_known_of_the_others(store: Stock) -> None:
    start = CHANGES["Asia/Kolkata"][1] // US_PER_DAY * US_PER_DAY
    store.spread([(start + day * US_PER_DAY, series, 5.0) for day in range(3) for series in (1, 2)], [], [])
    store.connection.execute("INSERT INTO horizons VALUES (1, 'day', $1)", [start + 2 * US_PER_DAY])
    found = {row["device"]: (row["count"], row["first_us"]) for row in store.ask("series").to_pylist()}
    assert found == {"window": (1, start + 2 * US_PER_DAY), "attic": (3, start)}


@pytest.mark.parametrize(
    ("question", "arguments", "words"),
    [
        ("by_local", {"unit": "weeks", "zone": "UTC"}, "unit='weeks' is none; did you mean 'week'"),
        ("by_local", {"unit": "day", "zone": "Europe/Pari"}, "is no time zone"),
        ("hour_weekday", {"zone": "../etc/passwd"}, "is no time zone"),
        ("statistics", {"weekdays": [7]}, "must be numbers from 0"),
        ("statistics", {"weekdays": []}, "at least one"),
        ("statistics", {"hours": [9, 9]}, "must be two different hours"),
        ("statistics", {"hours": [9, 25]}, "must be two different hours"),
    ],
)
def test_a_wrong_zone_or_restriction_is_named(
    question: str, arguments: dict[str, Any], words: str, store: Stock
) -> None:  # fmt: skip
    with pytest.raises(QuestionError, match=words):
        store.ask(question, **SERIES, start_us=0, end_us=US_PER_DAY, **arguments)
