"""Several series on one date axis, with what they are compared to, what was lost and what happened."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.figures import Curve, Mark, Style, losses, timeline
from dashboard.figures.usual import MOST_US, hours, usual_band
from dashboard.stretches import Points
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, parse_instant
from tests.dashboard.conftest import NOON_US

WINDOW = (NOON_US, NOON_US + US_PER_DAY)


def _points(count: int = 100, width: int = US_PER_MINUTE, missing: range = range(0)) -> Points:
    numbers = [i for i in range(count) if i not in missing]
    means = [20.0 + i % 5 for i in numbers]
    times = [NOON_US + i * (width or US_PER_MINUTE) for i in numbers]
    return Points(times, means, [m - 1 for m in means], [m + 1 for m in means], [5] * len(times), width)


def _draw(curves: list[Curve], style: Style, **more: Any) -> dict[str, Any]:
    return timeline(curves, style, window=WINDOW, zoom=None, revision="r", height=380, **more)


def _curve(name: str = "Light", unit: str = "lx", hue: str = "#d97706", **more: Any) -> Curve:
    return Curve(name, unit, hue, more.pop("points", _points()), **more)


def test_each_series_has_a_line_and_a_band_of_the_same_hue(style: Style) -> None:
    figure = _draw([_curve(), _curve("Heat", "lx", "#2f5bd0")], style)
    bands, lines = figure["data"][::2], figure["data"][1::2]
    assert [trace["line"]["color"] for trace in lines] == ["#d97706", "#2f5bd0"]
    assert [trace["fillcolor"] for trace in bands] == ["rgba(217,119,6,0.2)", "rgba(47,91,208,0.2)"]
    assert all(len(trace["x"]) == 200 for trace in bands)


def test_a_second_unit_has_an_axis_on_the_right_and_equal_units_share_one(style: Style) -> None:
    figure = _draw([_curve(), _curve("T", "°C"), _curve("U", "°C"), _curve("H", "%")], style)
    lines = [trace for trace in figure["data"] if "fill" not in trace]
    assert [trace["yaxis"] for trace in lines] == ["y", "y2", "y2", "y3"]
    assert [figure["layout"][axis]["title"]["text"] for axis in ("yaxis", "yaxis2", "yaxis3")] == ["lx", "°C", "%"]
    assert [figure["layout"][axis].get("side") for axis in ("yaxis", "yaxis2", "yaxis3")] == [None, "right", "right"]


def test_a_gap_is_left_open_in_line_and_band(style: Style) -> None:
    band, line = _draw([_curve(points=_points(missing=range(40, 60)))], style)["data"]
    assert line["y"].count(None) == 1
    assert line["x"][line["y"].index(None) + 1] == "2026-11-17 16:00"
    assert band["y"].count(None) == 1
    assert not line["connectgaps"]


def test_the_bucket_width_stands_on_the_chart(style: Style) -> None:
    assert [note["text"] for note in _draw([_curve()], style)["layout"]["annotations"]] == ["1\u202fmin buckets"]
    assert _draw([_curve(points=_points(width=0))], style)["layout"]["annotations"] == []


def test_the_pointer_is_told_the_mean_between_its_extremes_and_a_name_is_only_text(style: Style) -> None:
    (_, line) = _draw([_curve()], style)["data"]
    assert line["customdata"][0] == (19, 21)
    assert line["hovertemplate"].startswith("<b>%{y")
    lines = _draw([_curve("<img src=x>"), _curve("%{x}")], style)["data"][1::2]
    assert "<img" not in lines[0]["hovertemplate"]
    assert "%{x}" not in lines[1]["hovertemplate"]


def test_the_period_before_is_dashed_and_in_the_same_hue(style: Style) -> None:
    _, before, line = _draw([_curve(before=_points())], style)["data"]
    assert before["line"]["dash"]
    assert before["line"]["color"] == line["line"]["color"]
    assert "before" in before["hovertemplate"]


def test_what_happened_has_a_strip_of_its_own_below_the_curves(style: Style) -> None:
    marks = [Mark(NOON_US, "command", "LED on"), Mark(NOON_US + US_PER_HOUR, "event", "button")]
    figure = _draw([_curve(), _curve("T", "°C")], style, marks=marks)
    strip = figure["data"][-1]
    assert (strip["yaxis"], strip["text"]) == ("y3", ["LED on", "button"])
    assert len(set(strip["marker"]["symbol"])) == 2
    assert figure["layout"]["yaxis3"]["domain"][1] < figure["layout"]["yaxis"]["domain"][0]
    assert figure["layout"]["yaxis2"]["domain"] == figure["layout"]["yaxis"]["domain"]


def test_the_figure_says_where_its_clock_changes(style: Style) -> None:
    start = parse_instant("2026-10-25T00:00:00Z")
    figure = timeline(
        [_curve()], style, window=(start, start + US_PER_DAY), zoom=None, revision="", height=1
    )  # fmt: skip
    assert [offset // 3_600_000 for _, offset in figure["layout"]["meta"]["clock"]] == [2, 1]


def _gap(minutes: float, samples: int, ended: str = "open", **facts: Any) -> dict[str, Any]:
    start = NOON_US + round(minutes * US_PER_MINUTE)
    return {
        "device": "window", "samples": samples, "ended": ended,
        "from_us": start, "to_us": start + US_PER_MINUTE, **facts,
    }  # fmt: skip


def test_a_loss_is_shaded_with_its_number_and_what_came_late_is_none(style: Style) -> None:
    found = losses([_gap(10, 9), _gap(300, 4, "dropped"), _gap(600, 7, "filled")], WINDOW, style)
    assert [shape["x0"] for shape in found["shapes"]] == ["2026-11-17 15:10", "2026-11-17 20:00"]
    assert [label["text"] for label in found["annotations"]] == ["9 lost", "4 lost"]


def test_numbers_that_would_cover_each_other_are_added(style: Style) -> None:
    found = losses([_gap(i, 2) for i in range(20)], WINDOW, style)
    assert len(found["shapes"]) == 20
    assert [label["text"] for label in found["annotations"]] == ["40 lost"]


def test_very_many_losses_are_shaded_as_far_as_it_helps_and_all_counted(style: Style) -> None:
    found = losses([_gap(i * 1.2, 1) for i in range(1_000)], WINDOW, style)
    assert len(found["shapes"]) <= 200
    assert sum(int(label["text"].split()[0]) for label in found["annotations"]) == 1_000


def test_a_loss_before_the_first_sample_of_a_boot_stands_at_that_sample(style: Style) -> None:
    (shape,) = losses([_gap(10, 9, from_us=None)], WINDOW, style)["shapes"]
    assert shape["x0"] == shape["x1"] == "2026-11-17 15:11"


@pytest.mark.parametrize("edges", [{"to_us": None}, {"from_us": 0}])
def test_a_loss_without_an_edge_reaches_to_that_of_the_chart(edges: dict[str, Any], style: Style) -> None:
    (shape,) = losses([_gap(10, 9, **edges)], WINDOW, style)["shapes"]
    assert "2026-11-17 15:00" <= shape["x0"] < shape["x1"] <= "2026-11-18 15:00"


def test_the_usual_band_has_a_step_for_each_hour_and_a_hole_where_nothing_is_usual(style: Style) -> None:
    usual = {hour: (float(hour), hour + 10.0) for hour in range(168) if hour != 24 + 17}
    (band,) = usual_band(usual, "#d97706", WINDOW, style)
    # 15:00 on a Tuesday in Paris is the 40th hour of the week (24 + 15 = 39, counted from 0).
    assert (band["x"][0], band["y"][0]) == ("2026-11-17 15:00", 49)
    assert band["y"].count(None) == 1
    assert len([x for x in band["x"] if x]) == 4 * 23
    assert band["fillcolor"] == "rgba(217,119,6,0.1)"


def test_over_long_ranges_nothing_is_usual_for_an_hour(style: Style) -> None:
    assert usual_band({0: (0, 1)}, "#d97706", (NOON_US, NOON_US + MOST_US + 1), style) == []
    assert usual_band({}, "#d97706", WINDOW, style) == []


@pytest.mark.parametrize(
    ("day", "count", "repeated"),
    [("2026-10-25", 25, 6 * 24 + 2), ("2026-03-29", 23, None), ("2026-11-17", 24, None)],
)
def test_a_day_of_clock_change_has_its_own_hours(day: str, count: int, repeated: int | None) -> None:
    zone = ZoneInfo("Europe/Paris")
    start = parse_instant(f"{day}T00:00:00+0{2 if day == '2026-10-25' else 1}:00")
    found = list(hours((start, start + count * US_PER_HOUR), zone))
    assert len(found) == count
    assert found[-1][2] % 24 == 23
    numbers = [hour for *_, hour in found]
    assert [hour for hour in set(numbers) if numbers.count(hour) > 1] == ([repeated] if repeated else [])
