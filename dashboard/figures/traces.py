"""The traces that charts over time are made of: a line, the band behind it, dots for what stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import formats
from dashboard.figures.common import Figure

#: x, with None where the pen is lifted.
Moments = Sequence[str | None]
Values = Sequence[float | None]


def band(x: Moments, y: Values, colour: str, name: str, **more: Any) -> Figure:
    """Closed polygons, one for each stretch."""
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "fill": "toself", "fillcolor": colour,
        "line": {"width": 0, "color": colour}, "hoverinfo": "skip", "showlegend": False,
        "name": name, **more,
    }  # fmt: skip


def line(x: Moments, y: Values, colour: str, name: str, template: str, **more: Any) -> Figure:
    """A line with holes where it has None."""
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "connectgaps": False,
        "line": {"color": colour, "width": 1.6}, "showlegend": False, "name": name,
        "hovertemplate": template, **more,
    }  # fmt: skip


def dots(x: Moments, y: Values, colour: str, **more: Any) -> Figure:
    """Points that a line does not show."""
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "hoverinfo": "skip", "showlegend": False,
        "marker": {"color": colour, "size": 5}, **more,
    }  # fmt: skip


def hover(decimals: int, unit: str | None) -> str:
    """What a line says under the pointer: the value and its unit."""
    shown = formats.shown_unit(unit)
    return f"<b>%{{y:,.{decimals}f}}</b>{formats.THIN + shown if shown else ''}<extra></extra>"
