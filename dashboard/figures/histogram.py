"""How the values of a range are spread."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import formats
from dashboard.figures.answers import Answer
from dashboard.figures.common import Figure, Style, axis, layout, value_axis
from telemetry.questions import metadata_of

HEIGHT = 264


def histogram(answers: Sequence[Answer], style: Style) -> Figure | None:
    """Rows of `histogram` as bars; each says its edges, its readings and their share."""
    answer = answers[0]
    rows = answer.table.to_pylist()
    total = sum(row["count"] for row in rows)
    if not total:
        return None
    lows, highs, counts = ([row[column] for row in rows] for column in ("low", "high", "count"))
    decimals = answer.digits(formats.decimals_for([*lows, highs[-1]], most=2))
    # All values the same: a bar that is no line.
    widths = [high - low or 1.0 for low, high in zip(lows, highs, strict=True)]

    def words(low: float, high: float, count: int) -> str:
        edges = [formats.number(edge, decimals, style.language) for edge in (low, high)]
        return style.say(
            "share",
            low=edges[0],
            high=formats.with_unit(edges[1], answer.unit),
            count=formats.number(count, 0, style.language),
            percent=formats.with_unit(formats.number(100 * count / total, 1, style.language), "%"),
        )

    vertical = value_axis(style)
    return {
        "data": [
            {
                "type": "bar", "x": [(low + high) / 2 for low, high in zip(lows, highs, strict=True)], "y": counts,
                "width": [width * 0.9 for width in widths], "marker": {"color": answer.hue, "cornerradius": 3},
                "text": [words(*row) for row in zip(lows, highs, counts, strict=True)], "textposition": "none",
                "hovertemplate": "%{text}<extra></extra>",
            }
        ],
        "layout": {
            **layout(style, height=HEIGHT),
            "meta": {"note": "" if metadata_of(answer.table).get("exact", True) else style.say("from sketch")},
            "margin": {"l": 46, "r": 8, "t": 4, "b": 28},
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                **axis(style), "showgrid": False, "fixedrange": True, "nticks": 5 if style.narrow else 7,
                "ticksuffix": formats.THIN + answer.unit if answer.unit else "", "exponentformat": "none",
                "separatethousands": True,
            },
            "yaxis": {**vertical, "rangemode": "tozero"},
        },
    }  # fmt: skip
