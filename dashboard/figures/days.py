"""Day by day: each day's mean on the span from its minimum to its maximum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import formats
from dashboard.figures.answers import Answer
from dashboard.figures.common import Figure, Style, axis, layout, value_axis
from telemetry.timestamps import US_PER_HOUR

HEIGHT = 264
#: Hours of a usual day: what has others says so.
_USUAL = 24


def days(answers: Sequence[Answer], style: Style) -> Figure | None:
    """Rows of `by_local`: a bar from minimum to maximum, a line over the means; days without a reading stay open."""
    answer = answers[0]
    rows = answer.table.to_pylist()
    filled = [row for row in rows if row["count"]]
    if not filled:
        return None
    extremes = [value for row in filled for value in (row["min"], row["max"])]
    decimals = answer.digits(formats.decimals_for(extremes, most=2))
    by_day = rows[0]["end_us"] - rows[0]["t_us"] < 2 * _USUAL * US_PER_HOUR
    dates = [row["date"] for row in rows]
    words = [_words(row, answer, decimals, style) for row in rows]
    hover = f"%{{x|{'%A %-d %B %Y' if by_day else '%B %Y'}}}<br>%{{text}}<extra></extra>"
    return {
        "data": [
            {
                "type": "bar", "x": dates, "base": [row["min"] for row in rows],
                "y": [_span(row) for row in rows], "text": words, "textposition": "none", "hovertemplate": hover,
                "marker": {"color": answer.hue, "opacity": 0.35, "cornerradius": 2}, "name": style.say("band"),
            },
            {
                "type": "scatter", "mode": "lines+markers", "x": dates, "y": [_mean(row, decimals) for row in rows],
                "connectgaps": False, "line": {"color": answer.hue, "width": 1.6}, "marker": {"size": 5},
                "hoverinfo": "skip", "name": style.say("mean"),
            },
        ],
        "layout": {
            **layout(style, height=HEIGHT),
            "margin": {"l": 46, "r": 8, "t": 4, "b": 40},
            "hovermode": "closest",
            "dragmode": False,
            "bargap": 0.25,
            "xaxis": {
                **axis(style), "type": "date", "showgrid": False, "fixedrange": True,
                "nticks": 4 if style.narrow else 9, "ticklabeloverflow": "hide past div",
                # A day is the least there is to tell: never hours, however few days there are.
                "tickformatstops": [
                    {"dtickrange": [None, "M1"], "value": "%-d %b\n%Y"},
                    {"dtickrange": ["M1", "M12"], "value": "%b\n%Y"},
                    {"dtickrange": ["M12", None], "value": "%Y"},
                ],
                **({"tickvals": dates} if len(dates) <= 4 else {}),
            },
            "yaxis": value_axis(style),
        },
    }  # fmt: skip


def _span(row: Mapping[str, Any]) -> float | None:
    return row["max"] - row["min"] if row["count"] else None


def _mean(row: Mapping[str, Any], decimals: int) -> float | None:
    return round(row["mean"], decimals + 1) if row["count"] else None


def _words(row: Mapping[str, Any], answer: Answer, decimals: int, style: Style) -> str:
    if not row["count"]:
        return ""
    mean, low, high = (formats.number(row[column], decimals, style.language) for column in ("mean", "min", "max"))
    hours = round((row["end_us"] - row["t_us"]) / US_PER_HOUR)
    words = style.say(
        "day in words",
        mean=formats.with_unit(mean, answer.unit),
        low=low,
        high=high,
        count=formats.number(row["count"], 0, style.language),
    )
    # A day of a clock change is shorter or longer than others, and says so.
    return f"{words}<br>{style.say('day of', hours=hours)}" if hours in (_USUAL - 1, _USUAL + 1) else words
