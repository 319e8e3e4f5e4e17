"""The typical week: the mean of each hour of each weekday, as colours."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import formats
from dashboard.figures.answers import Answer
from dashboard.figures.common import Figure, Style, axis, layout
from dashboard.translations import LONG_WEEKDAYS, WEEKDAYS

HEIGHT = 264
#: Perceptually even, and told apart by the colour-blind.
SCALE = ("#161b38", "#3d2c6e", "#8a3b78", "#d95f4b", "#f7a13d", "#ffe08a")
_HOURS, _DAYS = 24, 7


def heatmap(answers: Sequence[Answer], style: Style) -> Figure | None:
    """Rows of `hour_weekday`: Monday at the top, midnight at the left; hours without a reading stay open."""
    answer = answers[0]
    rows = answer.table.to_pylist()
    if not rows:
        return None
    means: list[list[float | None]] = [[None] * _HOURS for _ in range(_DAYS)]
    words = [[""] * _HOURS for _ in range(_DAYS)]
    decimals = answer.digits(formats.decimals_for([row["mean"] for row in rows], most=2))
    for row in rows:
        means[row["weekday"]][row["hour"]] = round(row["mean"], decimals + 1)
        words[row["weekday"]][row["hour"]] = _words(row, answer, decimals, style)
    ticks = {"tickfont": {"color": style.palette.dim}, "ticks": "", "showgrid": False, "fixedrange": True}
    return {
        "data": [
            {
                "type": "heatmap", "z": means, "x": list(range(_HOURS)), "y": list(range(_DAYS)), "text": words,
                "hovertemplate": "%{text}<extra></extra>", "xgap": 2, "ygap": 2, "hoverongaps": False,
                "colorscale": [[place / (len(SCALE) - 1), colour] for place, colour in enumerate(SCALE)],
                "colorbar": {
                    "thickness": 10, "outlinewidth": 0, "tickfont": {"color": style.palette.dim}, "nticks": 5,
                    "ticks": "", "x": 1.01, "xpad": 4, "exponentformat": "none", "separatethousands": True,
                },
            }
        ],
        "layout": {
            **layout(style, height=HEIGHT),
            "margin": {"l": 44, "r": 8, "t": 4, "b": 28},
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                **axis(style), **ticks, "tickvals": list(range(0, _HOURS, 6 if style.narrow else 3)),
                "range": [-0.5, _HOURS - 0.5],
            },
            "yaxis": {
                **axis(style), **ticks, "tickvals": list(range(_DAYS)), "ticktext": list(WEEKDAYS[style.language]),
                "range": [_DAYS - 0.5, -0.5],
            },
        },
    }  # fmt: skip


def _words(row: dict[str, float], answer: Answer, decimals: int, style: Style) -> str:
    mean, low, high = (formats.number(row[column], decimals, style.language) for column in ("mean", "min", "max"))
    hour = int(row["hour"])
    return style.say(
        "hour of week",
        day=LONG_WEEKDAYS[style.language][int(row["weekday"])],
        start=f"{hour:02}:00",
        end=f"{(hour + 1) % _HOURS:02}:00",
        mean=formats.with_unit(mean, answer.unit),
        low=low,
        high=high,
        count=formats.number(row["count"], 0, style.language),
    )
