"""What a tick appends must be what drawing the whole would give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashboard.figures import BAND, LINE, Style, series_figure
from dashboard.live import Shown, append, describe, into_buckets
from dashboard.stretches import Points
from tests.dashboard.conftest import NOON_US, SECOND

WINDOW = (NOON_US, NOON_US + 900 * SECOND)


def _readings(seconds: list[float], values: list[float] | None = None) -> Points:
    values = values or [100.0 + i % 7 for i in range(len(seconds))]
    times = [NOON_US + round(s * SECOND) for s in seconds]
    return Points(times, values, values, values, [1] * len(times), 0)


def _buckets(numbers: list[int], width: int = 5 * SECOND) -> Points:
    means = [100.5 + i % 7 for i in numbers]
    times = [NOON_US + i * width for i in numbers]
    return Points(times, means, [m - 2 for m in means], [m + 3 for m in means], [5] * len(times), width)


def _figure(points: Points, style: Style, window: tuple[int, int]) -> dict[str, Any]:
    return series_figure(points, style, unit="lx", window=window, zoom=None, revision="r")


def apply(figure: Any, patch: Any) -> Any:
    """What the browser does with a patch."""
    for operation in patch.to_plotly_json()["operations"]:
        *path, last = operation["location"] if operation["operation"] == "Assign" else [*operation["location"], None]
        target = figure
        for key in path:
            target = target[key]
        value = operation["params"].get("value")
        if operation["operation"] == "Assign":
            target[last] = value
        elif operation["operation"] == "Extend":
            target.extend(value)
        else:
            assert operation["operation"] == "Insert"
            target.insert(operation["params"]["index"], value)
    return figure


def test_appended_readings_give_the_figure_that_drawing_them_gives(style: Style) -> None:
    before, after = _readings(list(range(100))), _readings(list(range(103)))
    shown = describe(before, Shown("v"))
    patched = append(shown, _readings([100, 101, 102], after.means[100:]), WINDOW, style.zone)
    assert patched is not None
    patch, now = patched
    assert apply(_figure(before, style, WINDOW), patch) == _figure(after, style, WINDOW)
    assert now == describe(after, Shown("v"))


@pytest.mark.parametrize("gap", [[], list(range(40, 52))])
def test_grown_and_new_buckets_give_the_figure_that_drawing_them_gives(style: Style, gap: list[int]) -> None:
    numbers = [i for i in range(120) if i not in gap]
    after = _buckets([*numbers, 120, 121])
    grown = Points(
        *(values[: len(numbers)] for values in (after.times_us, after.means, after.lows, after.highs, after.counts)),
        after.bucket_us,
    )
    before = replace(grown, means=[*grown.means[:-1], 50.5], lows=[*grown.lows[:-1], 50], highs=[*grown.highs[:-1], 51])
    last = len(numbers) - 1
    fresh = Points(
        *(values[last:] for values in (after.times_us, after.means, after.lows, after.highs, after.counts)),
        after.bucket_us,
    )
    patched = append(describe(before, Shown("v")), fresh, WINDOW, style.zone)
    assert patched is not None
    patch, now = patched
    figure, whole = apply(_figure(before, style, WINDOW), patch), _figure(after, style, WINDOW)
    assert figure["data"][LINE] == whole["data"][LINE]
    assert figure["data"][BAND] == whole["data"][BAND]
    assert now == describe(after, Shown("v"))


@pytest.mark.parametrize(
    ("fresh", "why"),
    [
        ([98], "a late reading belongs inside"),
        ([99], "the same moment again"),
        ([110], "a gap must be left open"),
        ([100, 100], "two at one moment"),
        ([], "nothing"),
    ],
)
def test_what_cannot_be_appended_is_drawn_whole(style: Style, fresh: list[float], why: str) -> None:
    shown = describe(_readings(list(range(100))), Shown("v"))
    assert append(shown, _readings(fresh), WINDOW, style.zone) is None, why


def test_a_first_fraction_is_drawn_whole(style: Style) -> None:
    shown = describe(_readings(list(range(100))), Shown("v"))
    assert append(shown, _readings([100], [1.5]), WINDOW, style.zone) is None


def test_what_left_the_window_is_dropped_now_and_then(style: Style) -> None:
    shown = describe(_readings(list(range(900))), Shown("v"))
    fresh = _readings([900])
    moved = (WINDOW[0] + 30 * SECOND, WINDOW[1] + 30 * SECOND)
    assert append(shown, fresh, moved, style.zone) is not None
    moved = (WINDOW[0] + 91 * SECOND, WINDOW[1] + 91 * SECOND)
    assert append(shown, fresh, moved, style.zone) is None


def test_a_short_series_has_its_points_marked_and_is_drawn_whole(style: Style) -> None:
    few = _readings([0, 1, 2])
    assert len(_figure(few, style, WINDOW)["data"][2]["x"]) == 3
    assert append(describe(few, Shown("v")), _readings([3]), WINDOW, style.zone) is None


def test_a_lonely_reading_between_gaps_is_a_dot(style: Style) -> None:
    points = _readings([*range(50), 200, *range(300, 350)])
    assert _figure(points, style, WINDOW)["data"][2]["x"] == ["2026-11-17 15:03:20"]


def test_readings_are_gathered_into_the_buckets_they_lie_in() -> None:
    found = into_buckets(_readings([0, 1, 6], [1.0, 3.0, 7.0]), 5 * SECOND)
    assert found == Points([NOON_US, NOON_US + 5 * SECOND], [2.0, 7.0], [1.0, 7.0], [3.0, 7.0], [2, 1], 5 * SECOND)


def test_what_is_shown_survives_the_browser() -> None:
    shown = describe(_readings(list(range(100))), Shown("v", "c", 3, "k"))
    assert Shown.from_json(shown.as_json()) == shown
    assert Shown.from_json(None) == Shown("")


def test_a_window_without_readings_keeps_its_dates(style: Style) -> None:
    window = (NOON_US, NOON_US + 900 * SECOND)
    empty = _figure(_readings([]), style, window)["layout"]["xaxis"]
    assert empty["range"] == ["2026-11-17 15:00", "2026-11-17 15:15"]
    assert "range" not in _figure(_readings([1, 2]), style, window)["layout"]["xaxis"]
