"""What every chart shares: how it is drawn for whoever reads it, its axes, its margins, Plotly's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from dashboard import formats, zones
from dashboard.figures.locales import LOCALES
from dashboard.theme import FONT, Palette
from dashboard.translations import Say

Figure = dict[str, Any]
#: `(start, end)` in microseconds UTC.
Window = tuple[int, int]

HEIGHT = 332
_DAY = "%a %-d %b"

_TICK_FORMATS = (
    ((None, 1_000), f"%H:%M:%S.%L\n{_DAY}"),
    ((1_000, 60_000), f"%H:%M:%S\n{_DAY}"),
    ((60_000, 43_200_000), f"%H:%M\n{_DAY}"),
    ((86_400_000, "M1"), "%a %-d\n%b %Y"),
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


def layout(style: Style, revision: str = "", *, height: int = HEIGHT) -> Figure:
    """The layout of any chart; what the user does in it stays as long as `revision` does."""
    palette = style.palette
    return {
        "uirevision": revision,
        "height": height,
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
    }


def axis(style: Style) -> Figure:
    """What horizontal and vertical axes share."""
    palette = style.palette
    return {
        "gridcolor": palette.grid, "zeroline": False, "linecolor": palette.line, "tickfont": {"color": palette.dim},
    }  # fmt: skip


def date_axis(style: Style, window: Window, zoom: Window | None) -> Figure:
    """The time axis: `window` without a zoom, `zoom` with one, in labels of two levels."""
    return {
        **axis(style),
        "type": "date",
        # A zoom is written into the figure: Dash hands Plotly its own layout back, and with that Plotly forgets
        # what was the user's doing.
        **({"autorange": False, "range": zones.drawn(zoom, style.zone)} if zoom else {"autorange": True}),
        "autorangeoptions": axis_window(window, style.zone),
        "nticks": 4 if style.narrow else 11,
        "tickformatstops": [{"dtickrange": list(reach), "value": form} for reach, form in _TICK_FORMATS],
        "hoverformat": "%a %-d %b %H:%M:%S",
        "ticklabeloverflow": "hide past div",
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": style.palette.dim,
    }


def value_axis(style: Style) -> Figure:
    """A vertical axis of numbers, which a drag leaves as it is."""
    return {
        **axis(style),
        "exponentformat": "none",
        "separatethousands": True,
        "automargin": True,
        "nticks": 6,
        "fixedrange": True,
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
        "locales": LOCALES,
    }
