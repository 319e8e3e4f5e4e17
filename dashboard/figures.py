"""Charts as plain functions: points in, a Plotly figure (a dict) out. No Dash, no questions, no phrases of its own.

Figures are dicts rather than `go.Figure`: what travels is what is written here, lists that compress well, never base64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from dashboard import formats, stretches, zones
from dashboard.stretches import Points
from dashboard.theme import FONT, Palette
from dashboard.translations import MONTHS, WEEKDAYS, Say

Figure = dict[str, Any]
#: `(start, end)` in microseconds UTC.
Window = tuple[int, int]

#: The order of the traces: a tick's patch counts on it.
BAND, LINE, DOTS = 0, 1, 2
#: Up to so many points each is marked: a handful of readings must not look like a doodle, nor a single one vanish.
MARKED_POINTS = 60
HEIGHT = 332

_TICK_FORMATS = (
    ((None, 1_000), "%H:%M:%S.%L\n{day}"),
    ((1_000, 60_000), "%H:%M:%S\n{day}"),
    ((60_000, 86_400_000), "%H:%M\n{day}"),
    ((86_400_000, "M1"), "%-d %b\n%Y"),
    (("M1", "M12"), "%b\n%Y"),
    (("M12", None), "%Y"),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a chart is drawn, whatever it shows: who reads it, where, on what."""

    palette: Palette
    zone: tzinfo
    language: str
    say: Say
    narrow: bool = False
    coarse: bool = False


def series_figure(
    points: Points, style: Style, *, unit: str | None, window: Window, zoom: Window | None, revision: str
) -> Figure:
    """One series: its mean as a line, min to max as a band behind it, gaps left open.

    `window` is what the time axis shows without a zoom, `zoom` what it shows with one. What the user does besides stays
    as long as `revision` does.
    """
    spacing = stretches.typical_spacing(points.times_us, points.bucket_us)
    runs = stretches.stretches(points.times_us, spacing)
    decimals = stretches.rounding(points)
    x = zones.drawn(points.times_us, style.zone)
    y = stretches.rounded(points.means, decimals)
    low, high = stretches.rounded(points.lows, decimals), stretches.rounded(points.highs, decimals)
    lonely = [run.start for run in runs if len(run) == 1]
    line_x, line_y = stretches.line(x, y, runs)
    band_x, band_y = stretches.band(x, low, high, runs) if points.bucket_us else ([], [])
    dots = list(range(len(points))) if len(points) <= MARKED_POINTS else lonely
    return {
        "data": [
            _band_trace(band_x, band_y, style),
            _line_trace(line_x, line_y, style, unit, decimals),
            _dots_trace([x[i] for i in dots], [y[i] for i in dots], style),
        ],
        "layout": _layout(style, window, zoom, revision),
    }


def axis_window(window: Window, zone: tzinfo) -> dict[str, Any]:
    """The time axis' options that show exactly this window while nobody has zoomed.

    Through `autorangeoptions`, not `range`: Plotly gives up a user's zoom when a figure brings another `range`.
    """
    start, end = zones.drawn(window, zone)
    return {"include": [start, end], "clipmin": start, "clipmax": end}


def config(language: str) -> Any:
    """Plotly's configuration: nothing goes to a cloud, and the wheel scrolls the page. (CSS hides the bar on touch.)"""
    return {
        "displaylogo": False,
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "responsive": True,
        "scrollZoom": False,
        # Not "reset": a figure drawn for a zoom has that zoom as its first range.
        "doubleClick": "autosize",
        "displayModeBar": "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "resetScale2d"],
        "toImageButtonOptions": {"format": "png", "filename": "lumos", "scale": 2},
        "showTips": False,
        "locale": language,
        "locales": _LOCALES,
    }


def _band_trace(x: list[str | None], y: list[float | None], style: Style) -> Figure:
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "fill": "toself", "fillcolor": style.palette.band,
        "line": {"width": 0, "color": style.palette.band}, "hoverinfo": "skip", "showlegend": False,
        "name": style.say("band"),
    }  # fmt: skip


def _line_trace(x: list[str | None], y: list[float | None], style: Style, unit: str | None, decimals: int) -> Figure:
    shown = formats.shown_unit(unit)
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "connectgaps": False,
        "line": {"color": style.palette.series, "width": 1.6}, "showlegend": False, "name": style.say("mean"),
        "hovertemplate": f"<b>%{{y:,.{decimals}f}}</b>{formats.THIN + shown if shown else ''}<extra></extra>",
    }  # fmt: skip


def _dots_trace(x: list[str], y: list[float], style: Style) -> Figure:
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "hoverinfo": "skip", "showlegend": False,
        "marker": {"color": style.palette.series, "size": 5},
    }  # fmt: skip


def _layout(style: Style, window: Window, zoom: Window | None, revision: str) -> Figure:
    palette = style.palette
    day = "%a %-d %b"
    axis = {
        "gridcolor": palette.grid, "zeroline": False, "linecolor": palette.line, "tickfont": {"color": palette.dim},
    }  # fmt: skip
    return {
        "uirevision": revision,
        "height": HEIGHT,
        "margin": {"l": 46, "r": 12, "t": 8, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": palette.ink},
        "separators": f",{formats.THIN}" if style.language == "fr" else ".,",
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": palette.panel, "bordercolor": palette.line, "font": {"color": palette.ink}},
        # A finger scrolls the page; it must not draw a box.
        "dragmode": False if style.coarse else "zoom",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.dim, "activecolor": palette.ink},
        "showlegend": False,
        "xaxis": {
            **axis,
            "type": "date",
            # A zoom is written into the figure: Dash hands Plotly its own layout back, and with that Plotly forgets
            # what was the user's doing.
            **({"autorange": False, "range": zones.drawn(zoom, style.zone)} if zoom else {"autorange": True}),
            "autorangeoptions": axis_window(window, style.zone),
            "nticks": 4 if style.narrow else 11,
            "tickformatstops": [
                {"dtickrange": list(reach), "value": form.format(day=day)} for reach, form in _TICK_FORMATS
            ],
            "hoverformat": "%a %-d %b %H:%M:%S",
            "ticklabeloverflow": "hide past div",
        },
        "yaxis": {
            **axis,
            "exponentformat": "none",
            "separatethousands": True,
            "automargin": True,
            "nticks": 6,
            "fixedrange": True,
        },
    }


_LOCALES: Mapping[str, Any] = {
    "fr": {
        "dictionary": {
            "Autoscale": "Tout afficher",
            "Box Select": "Sélection rectangulaire",
            "Double-click to zoom back out": "Un double-clic annule le zoom",
            "Download plot": "Télécharger le graphique",
            "Download plot as a PNG": "Télécharger le graphique en PNG",
            "Lasso Select": "Sélection au lasso",
            "Pan": "Déplacer",
            "Reset axes": "Vue d’origine",
            "Reset": "Vue d’origine",
            "Snapshot succeeded": "Image enregistrée",
            "Sorry, there was a problem downloading your snapshot!": "L’image n’a pas pu être enregistrée",
            "Taking snapshot - this may take a few seconds": "Création de l’image",
            "Zoom": "Zoom",
            "Zoom in": "Agrandir",
            "Zoom out": "Réduire",
        },
        "format": {
            "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
            "shortDays": [WEEKDAYS["fr"][-1], *WEEKDAYS["fr"][:-1]],
            "months": [
                "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                "novembre", "décembre",
            ],
            "shortMonths": list(MONTHS["fr"]),
            "date": "%d/%m/%Y",
            "decimal": ",",
            "thousands": formats.THIN,
        },
    }
}  # fmt: skip
