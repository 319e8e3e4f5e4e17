"""Colours: those of the charts as values (Plotly knows no CSS variables), the rest in assets/10-tokens.css."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Palette:
    """What a chart needs to know of a colour scheme."""

    ink: str
    dim: str
    grid: str
    panel: str
    line: str
    series: str
    band: str
    note: str
    note_ink: str
    note_span: str
    #: What was lost: its words, and the stretch of time.
    loss: str
    loss_span: str
    #: An alert: its line and sign, and the stretch of time.
    alert: str
    alert_span: str
    #: A hue for each of several series, told apart by the colour-blind too (a test holds them to that).
    hues: tuple[str, ...]
    #: How opaque a band of a hue is.
    opacity: float

    def band_of(self, hue: str) -> str:
        """The same hue as a band."""
        return _faded(hue, self.opacity)

    def shows(self, colour: str) -> bool:
        """Whether a line of a colour that somebody chose can be seen on the panel (WCAG's contrast, 2 at least)."""
        if not _HUE.fullmatch(colour):
            return False
        lighter, darker = sorted((_luminance(colour), _luminance(self.panel)), reverse=True)
        return (lighter + 0.05) / (darker + 0.05) >= _LEAST_CONTRAST

    def faint_of(self, hue: str) -> str:
        """The same hue as a band that lies behind others."""
        return _faded(hue, self.opacity / 2)


_HUE = re.compile(r"#[0-9a-fA-F]{6}")
_LEAST_CONTRAST = 2.0


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _faded(hue: str, opacity: float) -> str:
    red, green, blue = (int(hue[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


LIGHT = Palette(
    "#17202c", "#566376", "#e8ecf2", "#ffffff", "#e1e6ee", "#d97706", "rgba(217,119,6,0.20)",
    "#4761d8", "#ffffff", "rgba(71,97,216,0.10)", "#c02b2b", "rgba(217,72,72,0.22)", "#9a5b00", "rgba(217,140,0,0.14)",
    ("#d97706", "#2f5bd0", "#005725", "#8f1e7f", "#2a9cae", "#9a6e5f", "#c167fb", "#282637"), 0.2,
)  # fmt: skip
DARK = Palette(
    "#e4e9f1", "#9aa7b8", "#252e39", "#151b23", "#252e39", "#ffb84d", "rgba(255,184,77,0.18)",
    "#98a9fb", "#0d1117", "rgba(152,169,251,0.12)", "#ff8585", "rgba(255,133,133,0.22)",
    "#f0b354", "rgba(240,179,84,0.14)",
    ("#ffb84d", "#6f97ff", "#abfec8", "#d5848a", "#237486", "#b26232", "#8c5ad3", "#bcc4d8"), 0.18,
)  # fmt: skip

PALETTES: Mapping[str, Palette] = {"light": LIGHT, "dark": DARK}

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
MONOSPACE = "ui-monospace, 'JetBrains Mono', 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace"

#: Mantine's ten shades; the sixth is the brand.
_BRAND = (
    "#eef1fd", "#dbe1fa", "#b8c3f5", "#93a4f0", "#7488e9", "#5b72e1", "#4761d8", "#3b52bd", "#31449d", "#27377e",
)  # fmt: skip

MANTINE: Mapping[str, Any] = {
    "primaryColor": "brand",
    "primaryShade": 6,
    "colors": {"brand": list(_BRAND)},
    "fontFamily": FONT,
    "fontFamilyMonospace": MONOSPACE,
    "defaultRadius": 8,
    "cursorType": "pointer",
    "respectReducedMotion": True,
}
