"""What callbacks are given by the browser, read in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash.exceptions import PreventUpdate

from dashboard import zones
from dashboard.context import Context
from dashboard.figures import Style, Window
from dashboard.theme import LIGHT, PALETTES
from dashboard.translations import speaker
from dashboard.views import View
from telemetry.errors import QuestionError
from telemetry.timestamps import parse_instant

Kept = Mapping[str, Any]


def view_of(kept: Kept | None) -> View:
    """The view; nothing happens before there is one."""
    if not kept:
        raise PreventUpdate
    return View.from_json(kept)


def span_between(start: str | None, end: str | None, style: Style) -> Window | str:
    """Two moments of the page's clock as a range, or the phrase that says what is wrong with them."""
    if not start or not end:
        return "range empty"
    try:
        start_us, end_us = (zones.from_local(parse_instant(text), style.zone) for text in (start, end))
    except QuestionError:
        return "range empty"
    return (start_us, end_us) if start_us < end_us else "range reversed"


def style_of(context: Context, page: Kept, browser: Kept | None, zone: str = "") -> Style:
    """How to write and draw for this browser; nothing happens before it has told.

    The clock is that of `zone` (a link's), else the one that was chosen in the browser, else of the settings, else the
    browser's own.
    """
    if not browser:
        raise PreventUpdate
    return Style(
        palette=PALETTES.get(str(browser.get("scheme")), LIGHT),
        zone=zones.find(zone or browser.get("chosen") or context.settings.timezone, browser.get("zone")),
        language=page["language"],
        say=speaker(page["language"]),
        narrow=bool(browser.get("narrow")),
        coarse=bool(browser.get("coarse")),
    )
