"""Alerts on a chart: a tinted stretch from its beginning to its end, in the tone of its severity, and what it was.

Beside the marks of notes: whatever chart has a date axis can add what this gives to its layout.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import formats, zones
from dashboard.alerts.words import condition, value
from dashboard.context import Context
from dashboard.figures import Style, Window
from telemetry.alerts import from_json
from telemetry.errors import LumosError
from telemetry.timestamps import now_us

#: The newest ones; more cover what they are about.
_MOST = 60
Layers = dict[str, list[dict[str, Any]]]


def of_series(context: Context, series: Sequence[Sequence[str]], window: Window, style: Style) -> Layers:
    """The marks of the alerts of some series, and of their devices' silence; none where they cannot be asked for."""
    asked = {"series": [list(pair) for pair in series], "start_us": window[0], "end_us": window[1], "limit": _MOST}
    try:
        rows = context.rows("alert_episodes", **asked)
    except LumosError:
        return {"shapes": [], "annotations": []}
    return marks(rows, window, style)


def marks(rows: Sequence[Mapping[str, Any]], window: Window, style: Style) -> Layers:
    """`{"shapes": […], "annotations": […]}` for a layout whose x axis shows `window`."""
    return {
        "shapes": [_shape(row, window, style) for row in rows],
        "annotations": [_label(row, window, style) for row in rows],
    }


def joined(*layers: Mapping[str, Sequence[Any]]) -> Layers:
    """Several layers as one."""
    return {name: [each for layer in layers for each in layer.get(name, ())] for name in ("shapes", "annotations")}


def _shape(row: Mapping[str, Any], window: Window, style: Style) -> dict[str, Any]:
    end_us = min(row["ended_us"] or now_us(), window[1])
    start, end = zones.drawn((max(row["began_us"], window[0]), end_us), style.zone)
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": style.palette.alert, "width": 1 if row["severity"] == "critical" else 0.5},
        "fillcolor": style.palette.alert_span,
    }  # fmt: skip


def _label(row: Mapping[str, Any], window: Window, style: Style) -> dict[str, Any]:
    (x,) = zones.drawn((max(row["began_us"], window[0]),), style.zone)
    return {
        "x": x, "xref": "x", "y": 0, "yref": "paper", "yanchor": "bottom", "text": "!", "showarrow": False,
        "font": {"size": 11, "color": style.palette.note_ink}, "bgcolor": style.palette.alert, "borderpad": 2,
        "hovertext": hover_text(row, style), "captureevents": True,
        "hoverlabel": {"bgcolor": style.palette.panel, "bordercolor": style.palette.alert,
                       "font": {"color": style.palette.ink}},
    }  # fmt: skip


def hover_text(row: Mapping[str, Any], style: Style) -> str:
    """The alert as Plotly shows it over its mark: text alone, though Plotly reads some HTML."""
    rule, at_us = from_json(row["rule"]), now_us()
    name = rule.name or condition(rule, row["metric"] or "", style, row["unit"])
    ends = [formats.when(t_us, at_us, style.zone, style.language, seconds=True)
            for t_us in (row["began_us"], row["ended_us"]) if t_us is not None]  # fmt: skip
    severity = style.say(f"severity {row['severity']}")
    lines = [
        f"{severity}: {name}",
        f"{style.say('worst')}: {value(row['peak'], row, rule, style)}",
        " – ".join(ends) if len(ends) == 2 else f"{ends[0]} – …",
    ]
    return "<br>".join(html.escape(line) for line in lines)
