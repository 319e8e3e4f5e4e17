"""The traces that charts over time are made of: a line, the band behind it, dots for what stands alone."""

from __future__ import annotations

import html
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


def hover(decimals: int, unit: str | None, name: str = "", *, edges: bool = False) -> str:
    """What a line says under the pointer: value and unit, and with `edges` its `customdata`: minimum and maximum."""
    shown = formats.THIN + plain(formats.shown_unit(unit)) if formats.shown_unit(unit) else ""
    low, high = (f"%{{customdata[{place}]:,.{decimals}f}}" for place in (0, 1))
    span = f" ({low}{formats.THIN}–{formats.THIN}{high})" if edges else ""
    return f"{plain(name)} <b>%{{y:,.{decimals}f}}</b>{shown}{span}<extra></extra>".lstrip()


def plain(text: str) -> str:
    """A name as mere text: Plotly reads some HTML, and fills what stands in `%{}`."""
    return html.escape(text, quote=False).replace("%{", "%\u200b{")
