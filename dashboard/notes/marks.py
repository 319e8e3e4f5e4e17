"""Notes on a chart: a line for a moment, a tinted stretch for a span, and the number by which the list names it.

A plain function of rows of the question `notes`; whatever chart has a date axis can add what it gives to its layout.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import formats, zones
from dashboard.figures import Style, Window
from telemetry.timestamps import now_us

#: More marks than this cover what they are about; the newest ones are drawn, the list has all of them.
MOST_MARKS = 60
_LINE_LETTERS = 46
_LETTERS = 320


def marks(notes: Sequence[Mapping[str, Any]], window: Window, style: Style) -> dict[str, list[dict[str, Any]]]:
    """`{"shapes": […], "annotations": […]}` for a layout whose x axis shows `window`; empty lists for no note.

    The numbers are places in `notes`, counted from 1.
    """
    drawn = list(enumerate(notes, 1))[-MOST_MARKS:]
    return {
        "shapes": [_shape(note, style) for _, note in drawn],
        "annotations": [_label(number, note, window, style) for number, note in drawn],
    }


def hover_text(note: Mapping[str, Any], style: Style) -> str:
    """A note as Plotly shows it over its mark: text alone, though Plotly reads some HTML."""
    text = textwrap.shorten(note["text"], _LETTERS, placeholder="…")
    lines = [html.escape(line) for line in textwrap.wrap(text, _LINE_LETTERS)]
    when = formats.when(note["from_us"], now_us(), style.zone, style.language, seconds=True)
    return "<br>".join([*lines, f"<i>{html.escape(note['written_by'])}, {when}</i>"])


def _shape(note: Mapping[str, Any], style: Style) -> dict[str, Any]:
    start, end = zones.drawn((note["from_us"], note["to_us"]), style.zone)
    shape: dict[str, Any] = {
        "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": style.palette.note, "width": 1, "dash": "dot"},
    }  # fmt: skip
    if note["from_us"] == note["to_us"]:
        return {**shape, "type": "line"}
    return {**shape, "type": "rect", "fillcolor": style.palette.note_span}


def _label(number: int, note: Mapping[str, Any], window: Window, style: Style) -> dict[str, Any]:
    # A span that began before what is shown has its number at the edge.
    at_us = max(note["from_us"], window[0]) if note["to_us"] >= window[0] else note["from_us"]
    (x,) = zones.drawn((at_us,), style.zone)
    return {
        "x": x, "xref": "x", "y": 1, "yref": "paper", "yanchor": "top", "text": str(number), "showarrow": False,
        "font": {"size": 11, "color": style.palette.note_ink}, "bgcolor": style.palette.note, "borderpad": 2,
        "hovertext": hover_text(note, style), "captureevents": True,
        "hoverlabel": {"bgcolor": style.palette.panel, "bordercolor": style.palette.note,
                       "font": {"color": style.palette.ink}},
    }  # fmt: skip
