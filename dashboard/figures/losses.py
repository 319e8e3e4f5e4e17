"""Losses on a chart: the stretches whose samples never arrived, shaded, with how many they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import formats, zones
from dashboard.figures.common import Figure, Style, Window

#: More stretches than this are one colour: the longest are shaded, their number counts all.
_MOST_SHADED = 120
#: Labels nearer to each other than this share of the window are one.
_APART = 1 / 16


def losses(gaps: Sequence[Mapping[str, Any]], window: Window, style: Style) -> dict[str, list[Figure]]:
    """`{"shapes": […], "annotations": […]}` for rows of the question `gaps`; what came late after all is no loss."""
    lost = [gap for gap in gaps if gap["ended"] != "filled"]
    spans = sorted((*_span(gap, window), gap["samples"], gap["device"]) for gap in lost)
    shaded = sorted(spans, key=lambda span: span[0] - span[1])[:_MOST_SHADED]
    return {
        "shapes": [_shape(start, end, style) for start, end, *_ in shaded],
        "annotations": [_label(group, window, style) for group in _groups(spans, window)],
    }


def _span(gap: Mapping[str, Any], window: Window) -> Window:
    end = window[1] if gap["to_us"] is None else gap["to_us"]
    # Nobody knows when a boot's first samples were taken: their loss stands at the first that arrived.
    start = end if gap["from_us"] is None else gap["from_us"]
    return max(start, window[0]), max(min(end, window[1]), window[0])


def _groups(spans: Sequence[tuple[Any, ...]], window: Window) -> list[list[tuple[Any, ...]]]:
    """Neighbours whose labels would cover each other."""
    groups: list[list[tuple[Any, ...]]] = []
    for span in spans:
        if groups and span[0] - groups[-1][0][0] < _APART * (window[1] - window[0]):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _shape(start: int, end: int, style: Style) -> Figure:
    x0, x1 = zones.drawn((start, end), style.zone)
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": x0, "x1": x1, "y0": 0, "y1": 1, "layer": "below",
        # With a line, since a short loss has no width in a long range.
        "fillcolor": style.palette.loss_span, "line": {"color": style.palette.loss_span, "width": 1},
    }  # fmt: skip


def _label(group: Sequence[tuple[Any, ...]], window: Window, style: Style) -> Figure:
    count = sum(samples for _, _, samples, _ in group)
    start, end = group[0][0], max(end for _, end, _, _ in group)
    (x,) = zones.drawn(((start + end) // 2,), style.zone)
    shown = formats.number(count, 0, style.language)
    return {
        "x": x, "xref": "x", "y": 0, "yref": "y domain", "yanchor": "bottom", "showarrow": False,
        "text": style.say("samples lost", count=shown), "font": {"size": 11, "color": style.palette.loss},
        "bgcolor": style.palette.panel, "borderpad": 1, "captureevents": True,
        "hovertext": style.say(
            "lost in words",
            count=shown,
            devices=", ".join(sorted({device for *_, device in group})),
            start=formats.when(start, window[1], style.zone, style.language, seconds=True),
            end=formats.when(end, window[1], style.zone, style.language, seconds=True),
        ),
        "hoverlabel": {"bgcolor": style.palette.panel, "font": {"color": style.palette.ink}},
    }  # fmt: skip
