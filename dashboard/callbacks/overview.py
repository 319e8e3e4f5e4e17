"""All devices as cards: drawn for what is looked for, then told what is new."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.layouts.overview import states
from dashboard.overview.choices import Choices
from dashboard.overview.ticking import Heard, overview, tick
from dashboard.panels.parts import failed
from dashboard.plain import plain
from telemetry.errors import LumosError
from telemetry.timestamps import US_PER_MS, now_us


def register(app: dash.Dash, context: Context) -> None:
    """Drawing and ticking."""

    @app.callback(
        Output(ids.OVERVIEW_CARDS, "children"),
        Output(ids.OVERVIEW_STATE, "data"),
        Output(ids.OVERVIEW_METRIC, "data"),
        Output(ids.OVERVIEW_NEWS, "data"),
        Output(ids.OVERVIEW_HEARD, "data"),
        Input(ids.OVERVIEW_CHOICES, "data"),
        Input(ids.OVERVIEW_REFRESH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.OVERVIEW_TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def show_devices(kept: Kept | None, _refresh: int | None, browser: Kept, page: Kept) -> Any:
        style = style_of(context, page, browser)
        if not kept:
            raise PreventUpdate
        try:
            found = overview(context, Choices.from_json(kept), style, now_us())
        except LumosError as error:
            return plain(failed(style.say, str(error), ids.OVERVIEW_REFRESH)), *[no_update] * 4
        metrics = [{"value": name, "label": label} for name, label in found.metrics.items()]
        return plain(found.cards), states(style.say, dict(found.counts)), metrics, found.news, found.heard.as_json()

    @app.callback(
        Output(ids.OVERVIEW_REFRESH, "data"),
        Output(ids.OVERVIEW_NEWS, "data", allow_duplicate=True),
        Output(ids.OVERVIEW_HEARD, "data", allow_duplicate=True),
        Input(ids.OVERVIEW_TICK, "n_intervals"),
        State(ids.OVERVIEW_HEARD, "data"),
        # A callback slower than its Interval would otherwise never update the page.
        running=[(Output(ids.OVERVIEW_TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def tick_devices(_count: int, kept: Kept | None) -> Any:
        if not kept:
            raise PreventUpdate
        told = tick(context, Heard.from_json(kept), now_us())
        if told is None:
            raise PreventUpdate
        news, heard, again = told
        return now_us() // US_PER_MS if again else no_update, news or no_update, heard.as_json()
