"""The stat cards and the list of numbers of the range that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash
from dash import Input, Output, State
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.context import Context
from dashboard.drawing import ask
from dashboard.figures import Style
from dashboard.panels.cards import cards, sparkline
from dashboard.panels.parts import Child, failed
from dashboard.panels.statistics import statistics
from dashboard.plain import plain
from dashboard.views import View
from telemetry.errors import LumosError
from telemetry.timestamps import now_us


def register(app: dash.Dash, context: Context) -> None:
    """Cards and list."""

    @app.callback(
        Output(ids.CARDS, "children"),
        Output(ids.STATISTICS, "children"),
        Output(ids.NOW_SPARK, "children"),
        Input(ids.VIEW, "data"),
        Input(ids.REFRESH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    def show_numbers(kept: Kept | None, _refresh: int | None, browser: Kept, page: Kept) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        if not view.device:
            raise PreventUpdate
        return tuple(plain(part) for part in numbers(context, view, style, now_us()))


def numbers(context: Context, view: View, style: Style, at_us: int) -> tuple[Child, Child, Child]:
    """Cards, list, and the first card's curve; a sentence where the store does not answer."""
    window = view.window(at_us)
    try:
        now, before = (_statistics(context, view, span) for span in (window, _before(window)))
        points = ask(context, view, window)
    except LumosError as error:
        return [], failed(style.say, str(error), ids.REFRESH), None
    return (
        cards(view, window, now, before, points, at_us, style),
        statistics(view, now, at_us, style),
        sparkline(points.means, "series"),
    )


def _before(window: tuple[int, int]) -> tuple[int, int]:
    """The period of the same length before a window."""
    start, end = window
    return start - (end - start), start


def _statistics(context: Context, view: View, window: tuple[int, int]) -> Mapping[str, Any]:
    return context.rows("statistics", device=view.device, metric=view.metric, start_us=window[0], end_us=window[1])[0]
