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
from dashboard.views import View
from telemetry.errors import LumosError
from telemetry.timestamps import iso_utc, now_us

_CSV_POINTS = 100_000


def register(app: dash.Dash, context: Context) -> None:
    """Cards, list, download."""

    @app.callback(
        Output(ids.CARDS, "children"),
        Output(ids.STATISTICS, "children"),
        Output(ids.NOW_SPARK, "children"),
        Output(ids.CSV, "href"),
        Input(ids.VIEW, "data"),
        Input(ids.REFRESH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    def show_numbers(kept: Kept | None, _refresh: int | None, browser: Kept, page: Kept) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        if not view.device:
            raise PreventUpdate
        return numbers(context, view, style, now_us())


def numbers(context: Context, view: View, style: Style, at_us: int) -> tuple[Child, Child, Child, str]:
    """Cards, list, the first card's curve, and where the CSV is; a sentence where the store does not answer."""
    window = view.window(at_us)
    download = csv_address(view, window)
    try:
        now, before = (_statistics(context, view, span) for span in (window, _before(window)))
        points = ask(context, view, window)
    except LumosError as error:
        return [], failed(style.say, str(error), ids.REFRESH), None, download
    return (
        cards(view, window, now, before, points, at_us, style),
        statistics(view, now, at_us, style),
        sparkline(points.means, "series"),
        download,
    )


def csv_address(view: View, window: tuple[int, int]) -> str:
    """The CSV of the range, relative to the page."""
    asked = View(view.device, view.metric, "custom", *window).search()
    start, end = (iso_utc(t_us) for t_us in window)
    query = asked.split("&from=", 1)[0]
    return f"/data.csv{query}&start={start}&end={end}&points={_CSV_POINTS}"


def _before(window: tuple[int, int]) -> tuple[int, int]:
    """The period of the same length before a window."""
    start, end = window
    return start - (end - start), start


def _statistics(context: Context, view: View, window: tuple[int, int]) -> Mapping[str, Any]:
    return context.rows("statistics", device=view.device, metric=view.metric, start_us=window[0], end_us=window[1])[0]
