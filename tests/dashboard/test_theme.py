"""The colours of series: told apart by everybody, readable on their panel, the same in charts and in the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.theme import DARK, LIGHT, Palette

TOKENS = Path(__file__).parents[2] / "dashboard" / "assets" / "10-tokens.css"

#: How the colour-blind see: simulations of full protanopia, deuteranopia and tritanopia over linear RGB (Machado 2009).
_BLINDNESS = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def _oklab(rgb: list[float]) -> list[float]:
    """A space in which equal distances look equally far."""
    r, g, b = (max(0.0, channel) for channel in rgb)
    long, middle, short = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    return [
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    ]


def _distance(one: str, other: str, blindness: Any) -> float:
    seen = [
        _oklab([sum(k * c for k, c in zip(row, _linear(hue), strict=True)) for row in blindness])
        for hue in (one, other)
    ]
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


def _luminance(colour: str) -> float:
    return sum(k * c for k, c in zip((0.2126, 0.7152, 0.0722), _linear(colour), strict=True))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("blindness", _BLINDNESS)
def test_hues_can_be_told_apart_whatever_one_sees(blindness: str, palette: Palette) -> None:
    pairs = [(a, b) for i, a in enumerate(palette.hues) for b in palette.hues[i + 1 :]]
    closest = min(pairs, key=lambda pair: _distance(*pair, _BLINDNESS[blindness]))
    assert _distance(*closest, _BLINDNESS[blindness]) >= 0.1, closest


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_hues_stand_out_from_the_panel(palette: Palette) -> None:
    ground = _luminance(palette.panel)
    for hue in palette.hues:
        brighter, darker = sorted((_luminance(hue), ground), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 3, hue


@pytest.mark.parametrize(
    ("colour", "in_light", "in_dark"),
    [("#d97706", True, True), ("#000000", True, False), ("#fffbe6", False, True), ("red", False, False)],
)
def test_a_chosen_colour_counts_where_it_can_be_seen(colour: str, in_light: bool, in_dark: bool) -> None:
    assert (LIGHT.shows(colour), DARK.shows(colour)) == (in_light, in_dark)


def test_the_page_has_the_hues_of_the_charts() -> None:
    light, _, dark = TOKENS.read_text(encoding="utf-8").partition('[data-mantine-color-scheme="dark"]')
    for sheet, palette in ((light, LIGHT), (dark, DARK)):
        assert tuple(re.findall(r"--series-\d: (#\w+);", sheet)) == palette.hues
