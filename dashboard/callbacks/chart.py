"""The main chart and the newest reading: drawn for a view or a zoom, then kept current by ticks that send news only."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.context import Context
from dashboard.drawing import draw, zoom_of
from dashboard.live import Shown
from dashboard.panels.parts import failed
from dashboard.ticking import Ticker, newest_said
from telemetry.errors import LumosError
from telemetry.timestamps import now_us


def register(app: dash.Dash, context: Context) -> None:
    """Drawing, ticking, retrying."""

    @app.callback(
        Output(ids.CHART, "figure"),
        Output(ids.CHART_TITLE, "children"),
        Output(ids.CHART_SUBTITLE, "children"),
        Output(ids.CHART_COVER, "children"),
        Output(ids.CHART_BOX, "aria-label"),
        Output(ids.NOW_VALUE, "children"),
        Output(ids.NOW_TIME, "data-ago"),
        Output(ids.SHOWN, "data"),
        Input(ids.VIEW, "data"),
        Input(ids.BROWSER, "data"),
        Input(ids.ZOOM, "data"),
        Input(ids.LIVE, "data"),
        Input(ids.CHART_RETRY, "data"),
        State(ids.SHOWN, "data"),
        State(ids.PAGE, "data"),
        running=[
            (Output(ids.TICK, "disabled"), True, False),
            (Output(ids.CHART_BOX, "className"), "under-way", ""),
        ],
    )
    def draw_view(
        kept: Kept | None, browser: Kept, zoomed: Kept | None, _live: bool, _retry: int, shown: Kept | None, page: Kept
    ) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        if not view.device:
            raise PreventUpdate
        before, zoom = Shown.from_json(shown), zoom_of(zoomed, view)
        dragged = ctx.triggered_id == ids.ZOOM and not (zoomed or {}).get("asked")
        was_asked = ctx.triggered_id == ids.ZOOM and not dragged
        try:
            drawing = draw(context, view, style, before, zoom, now_us(), only_zoom=dragged, anew=was_asked)
            if drawing is None:
                raise PreventUpdate
            # Looked up after the cursor: what comes later is heard by a tick.
            is_heard = dragged and drawing.shown.cursor == before.cursor
            value, time_ms = (no_update, no_update) if is_heard else newest_said(context, view, style)
        except LumosError as error:
            cover = failed(style.say, str(error), ids.CHART_RETRY)
            return no_update, view.title, "", cover, view.title, no_update, no_update, Shown(view.search()).as_json()
        return (
            drawing.figure,
            drawing.title,
            drawing.subtitle,
            drawing.cover,
            drawing.description,
            value,
            time_ms,
            drawing.shown.as_json(),
        )

    @app.callback(
        Output(ids.CHART, "figure", allow_duplicate=True),
        Output(ids.CHART_SUBTITLE, "children", allow_duplicate=True),
        Output(ids.CHART_COVER, "children", allow_duplicate=True),
        Output(ids.NOW_VALUE, "children", allow_duplicate=True),
        Output(ids.NOW_TIME, "data-ago", allow_duplicate=True),
        Output(ids.SHOWN, "data", allow_duplicate=True),
        Output(ids.REVISION, "data"),
        Output(ids.HEALTH, "data"),
        Output(ids.REFRESH, "data"),
        Input(ids.TICK, "n_intervals"),
        State(ids.VIEW, "data"),
        State(ids.SHOWN, "data"),
        State(ids.ZOOM, "data"),
        State(ids.LIVE, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        # A callback slower than its Interval would otherwise never update the page.
        running=[(Output(ids.TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def tick_view(
        count: int, kept: Kept | None, shown: Kept | None, zoomed: Kept | None, live: bool, browser: Kept, page: Kept
    ) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        ticker = Ticker(context, view, style, zoom_of(zoomed, view), now_us(), live)
        news = ticker.tick(Shown.from_json(shown), count)
        if news is None:
            raise PreventUpdate
        return news.outputs()
