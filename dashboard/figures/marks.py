"""Marks of what happened, at the foot of a chart over time: a diamond for a command, a dot for an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import zones
from dashboard.figures.common import Figure, Style

_SYMBOLS = {"command": "diamond", "event": "circle"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: when, what kind of thing (`command`, `event`), and what to say of it."""

    t_us: int
    kind: str
    text: str


def strip(marks: Sequence[Mark], style: Style, axis: str) -> Figure:
    """The trace of all marks, in a row at nought of its own vertical axis."""
    colours = {"command": style.palette.note, "event": style.palette.dim}
    return {
        "type": "scatter", "mode": "markers", "x": zones.drawn([mark.t_us for mark in marks], style.zone),
        "y": [0] * len(marks), "text": [mark.text for mark in marks], "hovertemplate": "%{text}<extra></extra>",
        "yaxis": axis, "showlegend": False, "cliponaxis": False,
        "marker": {
            "size": 9, "symbol": [_SYMBOLS[mark.kind] for mark in marks],
            "color": [colours[mark.kind] for mark in marks],
            "line": {"width": 1, "color": style.palette.panel},
        },
    }  # fmt: skip
