"""Charts on a zone's clock, on days of 23 and of 25 hours too."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from dashboard import zones
from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_HOUR, parse_instant

PARIS, KATHMANDU = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Kathmandu")


@pytest.mark.parametrize(
    ("instant", "zone", "drawn"),
    [
        ("2026-11-17T14:00:00Z", PARIS, "2026-11-17 15:00"),
        ("2026-07-17T14:00:00Z", PARIS, "2026-07-17 16:00"),
        ("2026-07-17T14:00:00Z", KATHMANDU, "2026-07-17 19:45"),
        ("2026-11-17T14:00:07Z", UTC, "2026-11-17 14:00:07"),
        ("2026-11-17T14:00:07.250Z", UTC, "2026-11-17 14:00:07.250"),
        ("2026-11-17T14:00:00.000250Z", UTC, "2026-11-17 14:00:00.000250"),
        ("1969-12-31T23:59:59.500Z", UTC, "1969-12-31 23:59:59.500"),
    ],
)
def test_a_point_is_drawn_on_the_zones_clock(instant: str, zone: ZoneInfo, drawn: str) -> None:
    assert zones.drawn([parse_instant(instant)], zone) == [drawn]


def test_a_day_of_clock_change_has_two_offsets() -> None:
    start = parse_instant("2026-10-24T22:00:00Z")
    hours = zones.drawn([start + i * US_PER_HOUR for i in range(25)], PARIS)
    assert hours[0] == "2026-10-25 00:00"
    assert hours[2:4] == ["2026-10-25 02:00", "2026-10-25 02:00"]
    assert hours[24] == "2026-10-25 23:00"


def test_two_changes_that_cancel_each_other_are_seen() -> None:
    times = [parse_instant(f"2026-{month:02}-01T12:00:00Z") for month in (1, 7, 12)]
    assert [text[-5:] for text in zones.drawn(times, PARIS)] == ["13:00", "14:00", "13:00"]


@pytest.mark.parametrize("instant", ["2026-11-17T14:00:00Z", "2026-07-17T14:00:00.250Z", "2026-10-25T05:00:00Z"])
def test_a_dragged_range_is_turned_back(instant: str) -> None:
    t_us = parse_instant(instant)
    assert zones.from_drawn(zones.drawn([t_us], PARIS)[0], PARIS) == t_us


@pytest.mark.parametrize("hour", range(-30, 30))
@pytest.mark.parametrize("change", ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"])
def test_the_clock_of_a_figure_turns_a_drag_back_as_the_server_does(change: str, hour: int) -> None:
    """What dashboard/assets/explore.js does with it, over the days around a change."""
    t_us = parse_instant(change)
    local_us = t_us + hour * US_PER_HOUR + 20 * 60_000_000
    offset = [
        ahead
        for start, ahead in zones.clock((t_us - US_PER_HOUR, t_us + 40 * US_PER_HOUR), PARIS)
        if start <= local_us // 1_000
    ][-1]
    assert local_us - offset * 1_000 == zones.from_local(local_us, PARIS)


def test_plotlys_many_decimals_are_read() -> None:
    assert zones.from_drawn("2026-11-17 15:00:00.12345678", PARIS) == parse_instant("2026-11-17T14:00:00.123456Z")


@pytest.mark.parametrize("text", ["", "soon", None, {"a": 1}, "9999-12-31 23:59:59"])
def test_what_is_no_moment_is_refused(text: object) -> None:
    with pytest.raises(QuestionError):
        zones.from_drawn(text, PARIS)


def test_an_unknown_zone_of_a_browser_is_utc() -> None:
    assert zones.name_of(zones.find("auto", "Mars/Olympus")) == "UTC"
    assert zones.name_of(zones.find("auto", "../etc/passwd")) == "UTC"
    assert zones.name_of(zones.find("Europe/Paris", "Asia/Tokyo")) == "Europe/Paris"
