"""What the button "Take away" of each page stands for: what is shown there, as the query of a download and in words."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State

from dashboard import drawing, formats, ids, zones
from dashboard.callbacks.explore import explored, zoom_of
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.context import Context
from dashboard.explore.choices import Exploration
from dashboard.explore.drawing import points_of_each
from dashboard.explore.panels import series_name
from dashboard.figures import Style, Window
from dashboard.series import Series
from dashboard.takeaway.choice import address
from dashboard.takeaway.names import whose
from dashboard.views import View
from telemetry.timestamps import iso_utc


def register(app: dash.Dash, context: Context) -> None:
    """One callback a page: the query, the words over a picture, the beginning of its file's name."""

    @app.callback(
        *(Output(ids.take(ids.LIVE_PAGE), f"data-{name}") for name in ("query", "title", "file")),
        Input(ids.VIEW, "data"),
        Input(ids.ZOOM, "data"),
        Input(ids.TRAIL, "children"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def offer_view(kept: Kept | None, zoomed: Kept | None, device: str, browser: Kept, page: Kept) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        return of_view(view, device, drawing.zoom_of(zoomed, view), style)

    @app.callback(
        *(Output(ids.take(ids.EXPLORE), f"data-{name}") for name in ("query", "title", "file")),
        Input(ids.EXPLORED, "data"),
        Input(ids.EXPLORE_ZOOM, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def offer_exploration(kept: Kept | None, zoomed: Kept | None, browser: Kept, page: Kept) -> Any:
        exploration = explored(kept)
        return of_exploration(exploration, zoom_of(zoomed), style_of(context, page, browser, exploration.zone))


def of_view(view: View, device: str, zoom: Window | None, style: Style) -> tuple[str, str, str]:
    """What the live page shows, to be taken away."""
    span = zoom or (view.range if view.relative else (view.start_us, view.end_us))
    points = drawing.points_in(drawing.POINTS, zoom)
    query = address([(view.device, view.metric)], span, points=points, zone=zones.name_of(style.zone))
    unit = formats.shown_unit(view.unit)
    title = f"{view.title} ({unit})" if unit else view.title
    return query, f"{title} · {device}", whose([Series(view.device, view.metric)])


def of_exploration(exploration: Exploration, zoom: Window | None, style: Style) -> tuple[str, str, str]:
    """What the page Explore shows, to be taken away: its own query, with what it leaves out as usual."""
    query = exploration.search().removeprefix("?")
    if not exploration.zone:
        query += f"&zone={zones.name_of(style.zone)}"
    if zoom:
        query += f"&zoom={'/'.join(map(iso_utc, zoom))}"
    query += f"&points={drawing.points_in(points_of_each(len(exploration.series)), zoom)}"
    names = [series_name(series, exploration) for series in exploration.series]
    only = "" if len(exploration.devices) > 1 else f" · {exploration.series[0].name}"
    return query, ", ".join(names) + only, whose([Series(each.device, each.metric) for each in exploration.series])
