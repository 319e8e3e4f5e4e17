"""The stat cards: mean, range, coverage. The first card, the newest reading, is the layout's: ticks write into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import html

from dashboard import formats, stretches
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria
from dashboard.stretches import Points
from dashboard.views import View

_SPARK_POINTS = 60


def range_name(view: View, style: Style) -> str:
    """`24 h`, or `chosen range`."""
    return style.say(f"range {view.range}") if view.relative else style.say("chosen range")


def cards(
    view: View,
    window: tuple[int, int],
    now: Mapping[str, Any],
    before: Mapping[str, Any],
    points: Points,
    at_us: int,
    style: Style,
) -> list[html.Article]:
    """The three cards of a range: `now` and `before` are rows of `statistics`, for the range and the one before it."""
    return [
        _mean(view, now, before, points, style),
        _range(view, now, points, at_us, style),
        _coverage(view, window, now, points, style),
    ]


def card(label: Child, value: Child, unit: str, detail: Child, spark: Child) -> html.Article:
    """A stat card."""
    return html.Article(
        [
            html.H2(label, className="stat-label"),
            html.P([value, html.Span(unit, className="stat-unit")], className="stat-value"),
            html.P(detail, className="stat-detail"),
            spark,
        ],
        className="card stat",
    )


def newest_text(value: float | None, view: View, style: Style) -> list[Child]:
    """The big number of the first card."""
    decimals = 0 if value is None else chosen_decimals(view, formats.decimals_for([value], most=3))
    text = formats.DASH if value is None else formats.number(value, decimals, style.language)
    return [text, html.Span(formats.shown_unit(view.unit), className="stat-unit")]


def chosen_decimals(view: View, deserved: int) -> int:
    """As many as people said, else as many as the values deserve."""
    return deserved if view.decimals is None else view.decimals


def value_decimals(row: Mapping[str, Any]) -> int:
    """How many decimals a mean of this range deserves: one more than its extremes have, two at most."""
    if row["min"] is None:
        return 0
    extremes = formats.decimals_for([row["min"], row["max"]])
    return min(extremes + 1, 2) if abs(row["max"]) < 1_000 else min(extremes, 1)


def _mean(view: View, now: Mapping[str, Any], before: Mapping[str, Any], points: Points, style: Style) -> html.Article:
    label = style.say("mean in", range=range_name(view, style))
    spark = sparkline(points.means, "violet")
    if now["mean"] is None:
        return card(label, formats.DASH, "", "", spark)
    decimals = chosen_decimals(view, value_decimals(now))
    text = formats.number(now["mean"], decimals, style.language)
    return card(label, text, formats.shown_unit(view.unit), _change(view, now, before, decimals, style), spark)


def _change(view: View, now: Mapping[str, Any], before: Mapping[str, Any], decimals: int, style: Style) -> Child:
    if before["mean"] is None:
        return style.say("no comparison")
    change = round(now["mean"] - before["mean"], decimals)
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    amount = formats.with_unit(formats.number(abs(change), decimals, style.language), view.unit)
    name = range_name(view, style)
    shown = f"{arrow} {amount}"
    return style.say("change", change=shown, range=name) if view.relative else style.say("change custom", change=shown)


def _range(view: View, now: Mapping[str, Any], points: Points, at_us: int, style: Style) -> html.Article:
    label = style.say("range in", range=range_name(view, style))
    spark = sparkline(points.highs, "violet", points.lows)
    if now["min"] is None:
        return card(label, formats.DASH, "", "", spark)
    decimals = chosen_decimals(view, formats.decimals_for([now["min"], now["max"]], most=2))
    low, high = (formats.number(now[name], decimals, style.language) for name in ("min", "max"))
    times = {name: formats.when(now[f"{name}_us"], at_us, style.zone, style.language) for name in ("min", "max")}
    detail = " · ".join(style.say(f"{name} at", time=times[name]) for name in ("max", "min"))
    return card(label, f"{low}{formats.THIN}–{formats.THIN}{high}", formats.shown_unit(view.unit), detail, spark)


def _coverage(
    view: View, window: tuple[int, int], now: Mapping[str, Any], points: Points, style: Style
) -> html.Article:
    label = style.say("coverage in", range=range_name(view, style))
    start_us, end_us = window
    # Before its first reading a series had nothing to miss.
    found = stretches.gaps(points, max(start_us, min(view.first_us, end_us)), end_us)
    share = 100 * found.coverage
    value = formats.number(share, 0 if share in (0, 100) or share < 1 else 1, style.language)
    spark = sparkline(_presence(points, window), "green")
    return card(label, value, "%", coverage_detail(found, now["count"], style), spark)


def coverage_detail(found: stretches.Gaps, count: int, style: Style) -> Child:
    """`842 readings, no gap`, or how many gaps and the longest."""
    if not found.count:
        return style.say("no gap", readings=readings(count, style))
    longest = formats.span(found.longest_us, style.language)
    return html.Span(style.say("gaps", count=found.count, span=longest), className="tone-warning")


def readings(count: int, style: Style) -> str:
    """`1,396 readings`."""
    return style.say("readings", count=formats.number(count, 0, style.language))


def _presence(points: Points, window: tuple[int, int]) -> list[float]:
    """For each sixtieth of the window, whether there is a point in it (or one bucket's width before it)."""
    start, end = window
    step = max(1, (end - start) // _SPARK_POINTS)
    reach = max(step, stretches.typical_spacing(points.times_us, points.bucket_us))
    present = [0.0] * _SPARK_POINTS
    for t_us in points.times_us:
        first = (t_us - start) // step
        for place in range(first, first + -(-reach // step)):
            if 0 <= place < _SPARK_POINTS:
                present[place] = 1.0
    return [*present, 0.0, 1.0] if len(set(present)) == 1 else present


def sparkline(values: Sequence[float], tone: str, lower: Sequence[float] | None = None) -> html.Div:
    """A curve without axes, as a mask over a colour: it follows the scheme and costs a few hundred bytes."""
    drawing = _drawing(_thin(values), _thin(lower) if lower else None)
    mask = f'url("data:image/svg+xml,{quote(drawing, safe=" =:/,")}")' if drawing else "none"
    style = {"maskImage": mask, "WebkitMaskImage": mask} if drawing else {"visibility": "hidden"}
    return html.Div(className=f"spark spark-{tone}", style=style, **aria(hidden="true"))


def _thin(values: Sequence[float]) -> list[float]:
    """About sixty of the values, evenly taken, the last one included."""
    if len(values) <= _SPARK_POINTS:
        return list(values)
    step = (len(values) - 1) / (_SPARK_POINTS - 1)
    return [values[round(i * step)] for i in range(_SPARK_POINTS)]


def _drawing(values: Sequence[float], lower: Sequence[float] | None) -> str:
    if len(values) < 2:
        return ""
    everything = [*values, *(lower or ())]
    low, span = min(everything), (max(everything) - min(everything)) or 1.0

    def path(of: Sequence[float]) -> str:
        return " ".join(
            f"{200 * i / (len(of) - 1):.0f},{30 - 26 * (value - low) / span:.1f}" for i, value in enumerate(of)
        )

    line = "fill='none' stroke='#000' stroke-width='1.5' vector-effect='non-scaling-stroke'"
    shapes = [f"<polygon points='0,34 {path(values)} 200,34' fill='#000' fill-opacity='.13'/>"]
    shapes += [f"<polyline points='{path(of)}' {line}/>" for of in (values, lower) if of]
    frame = "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 34' preserveAspectRatio='none'"
    return f"<svg {frame}>{''.join(shapes)}</svg>"
