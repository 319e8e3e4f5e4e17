"""The history of commands under the chart of the live page."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State

from dashboard import ids
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.context import Context
from dashboard.layouts.telling import LIVE
from dashboard.panels.history import history
from dashboard.panels.parts import failed
from dashboard.plain import plain
from telemetry.errors import LumosError
from telemetry.timestamps import now_us

_SHOWN = 12


def register(app: dash.Dash, context: Context) -> None:
    """Drawn again whenever a command of the device moved on."""

    @app.callback(
        Output(ids.HISTORY, "children"),
        Input(ids.VIEW, "data"),
        Input(ids.control(LIVE, "told"), "data"),
        Input(ids.REFRESH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    def show_history(kept: Kept | None, _told: Kept | None, _refresh: int, browser: Kept, page: Kept) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        try:
            return plain(history(context.rows("commands", device=view.device, limit=_SHOWN), now_us(), style))
        except LumosError as error:
            return plain(failed(style.say, str(error), ids.REFRESH))
