"""What callbacks are given by the browser, read in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash.exceptions import PreventUpdate

from dashboard import zones
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.theme import LIGHT, PALETTES
from dashboard.translations import speaker
from dashboard.views import View

Kept = Mapping[str, Any]


def view_of(kept: Kept | None) -> View:
    """The view; nothing happens before there is one."""
    if not kept:
        raise PreventUpdate
    return View.from_json(kept)


def style_of(context: Context, page: Kept, browser: Kept | None) -> Style:
    """How to write and draw for this browser; nothing happens before it has told."""
    if not browser:
        raise PreventUpdate
    return Style(
        palette=PALETTES.get(str(browser.get("scheme")), LIGHT),
        zone=zones.find(context.settings.timezone, browser.get("zone")),
        language=page["language"],
        say=speaker(page["language"]),
        narrow=bool(browser.get("narrow")),
        coarse=bool(browser.get("coarse")),
    )
