"""The page Explore: from the address to what is chosen, the timeline, and each panel by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dash
from dash import Input, Output, State, dcc, no_update
from dash.exceptions import PreventUpdate

from dashboard import figures, formats, ids, zones
from dashboard.callbacks.opening import local_text
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.explore import drawing, panels
from dashboard.explore.choices import Catalog, Exploration, resolve, zoom_in
from dashboard.explore.panels import PANELS, Panel
from dashboard.figures import Style, Window
from dashboard.pages import EXPLORE
from dashboard.panels.parts import Child, empty, failed
from dashboard.views import CUSTOM
from telemetry.errors import LumosError, QuestionError
from telemetry.timestamps import US_PER_MS, now_us, parse_instant


def register(app: dash.Dash, context: Context) -> None:
    """The address, the custom range, the timeline, and a callback for each panel."""

    @app.callback(
        Output(ids.EXPLORED, "data"),
        Output(ids.EXPLORE_ZOOM, "data", allow_duplicate=True),
        Output(ids.EXPLORE_SERIES, "data"),
        Output(ids.EXPLORE_SERIES, "value"),
        Output(ids.EXPLORE_RANGE, "value"),
        Output(ids.EXPLORE_FROM, "value"),
        Output(ids.EXPLORE_TO, "value"),
        Input(ids.ADDRESS, "search"),
        Input(ids.OPEN_PAGE, "data"),
        Input(ids.REVISION, "data"),
        Input(ids.BROWSER, "data"),
        State(ids.EXPLORED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def open_explored(
        search: str | None, open_page: str | None, _revision: int, browser: Kept, kept: Kept | None,
        zoomed: Kept | None, page: Kept,
    ) -> Any:  # fmt: skip
        if open_page != EXPLORE:
            raise PreventUpdate
        style = style_of(context, page, browser)
        catalog = Catalog(context.rows("series"), context.rows("devices"))
        found, zoom = resolve(search or "", catalog), zoom_in(search or "")
        # With how it is drawn, so that everything is drawn again when the colours or the clock change.
        now, zoom_now = {**found.as_json(), "look": browser}, zoom_json(zoom)
        same = kept is not None and kept["search"] == now["search"]
        moments = [local_text(t_us, style) for t_us in found.window(now_us())]
        return (
            no_update if kept == now else now,
            no_update if zoomed == zoom_now else zoom_now,
            series_choices(catalog),
            [series.key for series in found.series],
            no_update if same else found.range,
            *([no_update, no_update] if same else moments),
        )

    @app.callback(
        Output(ids.EXPLORE_PROBLEM, "children"),
        Output(ids.ADDRESS, "search", allow_duplicate=True),
        Input(ids.EXPLORE_APPLY, "n_clicks"),
        State(ids.EXPLORE_FROM, "value"),
        State(ids.EXPLORE_TO, "value"),
        State(ids.EXPLORED, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def apply_range(_clicks: int, start: str, end: str, kept: Kept, browser: Kept, page: Kept) -> Any:
        style = style_of(context, page, browser)
        chosen = between(explored(kept), start, end, style)
        return (style.say(chosen), no_update) if isinstance(chosen, str) else ("", chosen.search())

    @app.callback(
        Output(ids.EXPLORE_CHART, "figure"),
        Output(ids.EXPLORE_TITLE, "children"),
        Output(ids.EXPLORE_SUBTITLE, "children"),
        Output(ids.EXPLORE_COVER, "children"),
        Output(ids.EXPLORE_BOX, "aria-label"),
        Input(ids.EXPLORED, "data"),
        Input(ids.EXPLORE_ZOOM, "data"),
        Input(ids.EXPLORE_RETRY, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.EXPLORE_BOX, "className"), "under-way", "")],
        prevent_initial_call=True,
    )
    def draw_timeline(kept: Kept | None, zoomed: Kept | None, _retry: int, browser: Kept, page: Kept) -> Any:
        exploration, style = explored(kept), style_of(context, page, browser)
        try:
            found = drawing.draw(context, exploration, style, zoom_of(zoomed), now_us())
        except LumosError as error:
            return no_update, no_update, "", failed(style.say, str(error), ids.EXPLORE_RETRY), no_update
        return found.figure, found.title, found.subtitle, found.cover, found.description

    for panel in PANELS:
        _register_panel(app, context, panel)


def _register_panel(app: dash.Dash, context: Context, panel: Panel) -> None:
    body = ids.explore_panel(panel.name)

    @app.callback(
        Output(body, "children"),
        Input(ids.EXPLORED, "data"),
        (Input if panel.zooms else State)(ids.EXPLORE_ZOOM, "data"),
        Input(ids.EXPLORE_RETRY, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
        running=[(Output(body, "className"), "card-body under-way", "card-body")],
    )
    def draw_panel(kept: Kept | None, zoomed: Kept | None, _retry: int, browser: Kept, page: Kept) -> Any:
        exploration, style = explored(kept), style_of(context, page, browser)
        window = (zoom_of(zoomed) if panel.zooms else None) or exploration.window(now_us())
        return body_of(context, panel, exploration, window, style)


def body_of(context: Context, panel: Panel, exploration: Exploration, window: Window, style: Style) -> Child:
    """What stands in a panel: its figure or table, or why there is none. Its failure is its own."""
    try:
        drawn = panel.draw(panels.ask(context, panel, exploration, window, style), style)
    except LumosError as error:
        return failed(style.say, str(error), ids.EXPLORE_RETRY)
    if drawn is None:
        return empty(panel.icon, style.say("no measurement"))
    if isinstance(drawn, dict):
        height = f"{drawn['layout']['height']}px"
        return dcc.Graph(figure=drawn, config=figures.config(style.language), style={"height": height}, responsive=True)
    return drawn


def explored(kept: Kept | None) -> Exploration:
    """What is explored; nothing happens before there is a series to explore."""
    if not kept or not kept["series"]:
        raise PreventUpdate
    return Exploration.from_json(kept)


def zoom_json(zoom: Window | None) -> dict[str, int] | None:
    """A zoom as the browser keeps it, in milliseconds."""
    return {"from": zoom[0] // US_PER_MS, "to": zoom[1] // US_PER_MS} if zoom else None


def zoom_of(kept: Kept | None) -> Window | None:
    """The zoom that the browser kept."""
    return (int(kept["from"]) * US_PER_MS, int(kept["to"]) * US_PER_MS) if kept else None


def between(exploration: Exploration, start: str | None, end: str | None, style: Style) -> Exploration | str:
    """The same over two moments of the page's clock, or the phrase that says what is wrong with them."""
    if not start or not end:
        return "range empty"
    try:
        start_us, end_us = (zones.from_local(parse_instant(text), style.zone) for text in (start, end))
    except QuestionError:
        return "range empty"
    if end_us <= start_us:
        return "range reversed"
    return replace(exploration, range=CUSTOM, start_us=start_us, end_us=end_us)


def series_choices(catalog: Catalog) -> list[dict[str, Any]]:
    """All series, by device, as the control lists them."""
    groups: dict[str, list[dict[str, str]]] = {}
    for row in catalog.series:
        series = catalog.entry(row)
        unit = formats.shown_unit(series.unit)
        label = f"{series.title} ({unit})" if unit else series.title
        groups.setdefault(series.name, []).append({"value": series.key, "label": f"{label} · {series.name}"})
    return [{"group": name, "items": items} for name, items in groups.items()]
