"""The page Explore: from the address to what is chosen, the timeline, and each panel by itself."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import figures, formats, ids
from dashboard.callbacks.opening import local_text
from dashboard.callbacks.state import Kept, span_between, style_of
from dashboard.context import Context
from dashboard.explore import panels
from dashboard.explore.choices import Catalog, Exploration, resolve, zoom_in
from dashboard.explore.drawing import Drawer
from dashboard.explore.panels import PANELS, Panel, hue, series_name
from dashboard.figures import Figure, Style, Window
from dashboard.pages import EXPLORE
from dashboard.panels.parts import Child, aria, empty, failed
from dashboard.plain import plain
from dashboard.views import CUSTOM
from telemetry.errors import LumosError
from telemetry.timestamps import US_PER_MS, now_us

_LOG = logging.getLogger(__name__)
#: Mantine copies all its choices anew for each of their groups: a thousand devices took a second.
_MOST_GROUPS = 50


def register(app: dash.Dash, context: Context) -> None:
    """The address, the custom range, the timeline, and a callback for each panel."""

    @app.callback(
        Output(ids.EXPLORED, "data"),
        Output(ids.EXPLORE_ZOOM, "data", allow_duplicate=True),
        Output(ids.EXPLORE_SEEN, "data"),
        Output(ids.EXPLORE_SERIES, "data"),
        Output(ids.EXPLORE_SERIES, "style"),
        Output(ids.EXPLORE_CHOSEN, "data"),
        Input(ids.visit(EXPLORE), "data"),
        State(ids.EXPLORED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.EXPLORE_SEEN, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def open_explored(visit: Kept | None, kept: Kept | None, zoomed: Kept | None, seen: int | None, page: Kept) -> Any:
        if not visit:
            raise PreventUpdate
        search, revision, browser = str(visit["search"]), visit["revision"], visit["look"]
        catalog = Catalog(context.rows("series"), context.rows("devices"))
        found, zoom = resolve(search, catalog), zoom_json(zoom_in(search))
        style = style_of(context, page, browser, found.zone)
        # With how it is drawn, so that everything is drawn again when the colours or the clock change.
        now = {**found.as_json(), "look": browser}
        same = kept is not None and all(kept[name] == now[name] for name in ("search", "look"))
        # What was done since (a command, a note, a new series) is drawn too.
        revised = seen is not None and revision != seen
        return (
            no_update if same and not revised else now,
            no_update if zoomed == zoom else zoom,
            revision,
            series_choices(catalog),
            no_update
            if same
            else {f"--series-{n}": hue(series, found, style) for n, series in enumerate(found.series, 1)},
            # Not what somebody may be changing at this moment (the browser looks once more: assets/explore.js).
            no_update if same else {"search": search, **controls(found, browser, style)},
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
        exploration = explored(kept)
        style = style_of(context, page, browser, exploration.zone)
        span = span_between(start, end, style)
        if isinstance(span, str):
            return style.say(span), no_update
        return "", replace(exploration, range=CUSTOM, start_us=span[0], end_us=span[1]).search()

    @app.callback(
        Output(ids.EXPLORE_CHART, "figure"),
        Output(ids.EXPLORE_TITLE, "children"),
        Output(ids.EXPLORE_SUBTITLE, "children"),
        Output(ids.EXPLORE_LEGEND, "children"),
        Output(ids.EXPLORE_COVER, "children"),
        Output(ids.EXPLORE_BOX, "aria-label"),
        Output(ids.EXPLORE_ZOOMED, "data"),
        Input(ids.EXPLORED, "data"),
        Input(ids.EXPLORE_ZOOM, "data"),
        Input(ids.EXPLORE_RETRY, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.EXPLORE_BOX, "className"), "under-way", "")],
        prevent_initial_call=True,
    )
    def draw_timeline(kept: Kept | None, zoomed: Kept | None, _retry: int, browser: Kept, page: Kept) -> Any:
        exploration = explored(kept)
        style = style_of(context, page, browser, exploration.zone)
        only_zoom = [*ctx.triggered_prop_ids] == [f"{ids.EXPLORE_ZOOM}.data"]
        then = now_us() if only_zoom else no_update
        try:
            found = Drawer(context, exploration, style, zoom_of(zoomed), now_us()).draw()
        except LumosError as error:
            return no_update, no_update, "", [], failed(style.say, str(error), ids.EXPLORE_RETRY), no_update, then
        return found.figure, found.title, found.subtitle, found.legend, found.cover, found.description, then

    for panel in PANELS:
        _register_panel(app, context, panel)


def _register_panel(app: dash.Dash, context: Context, panel: Panel) -> None:
    body = ids.explore_panel(panel.name)

    @app.callback(
        Output(body, "children"),
        Output(ids.explore_about(panel.name), "children"),
        Input(ids.EXPLORED, "data"),
        # After the timeline: all at once they took it two and a half times as long to follow a drag.
        (Input if panel.zooms else State)(ids.EXPLORE_ZOOMED, "data"),
        Input(ids.EXPLORE_RETRY, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(body, "className"), "card-body under-way", "card-body")],
        prevent_initial_call=True,
    )
    def draw_panel(
        kept: Kept | None, _zoomed: int | None, _retry: int, zoomed: Kept | None, browser: Kept, page: Kept
    ) -> Any:
        exploration = explored(kept)
        style = style_of(context, page, browser, exploration.zone)
        return body_of(context, panel, exploration, zoom_of(zoomed), style)


def body_of(
    context: Context, panel: Panel, exploration: Exploration, zoom: Window | None, style: Style
) -> tuple[Child, str]:
    """What stands in a panel (figure, table, or why there is none), and what it is about. Its failure is its own."""
    say, window = style.say, panels.window_of(panel, exploration, zoom, now_us())
    about = panels.about(panel, exploration, window, zoom, style)
    try:
        drawn = panel.draw(panels.ask(context, panel, exploration, window, style), style)
    except LumosError as error:
        return plain(failed(say, str(error), ids.EXPLORE_RETRY)), about
    except Exception:  # noqa: BLE001  (whatever it is, the other panels go on)
        _LOG.exception("the panel %s failed", panel.name)
        return plain(failed(say, say("unexpected"), ids.EXPLORE_RETRY)), about
    if drawn is None:
        return plain(empty(panel.icon, say(f"empty {panel.name}"))), about
    if not isinstance(drawn, dict):
        return plain(drawn), about
    note = drawn["layout"].get("meta", {}).get("note")
    name = f"{say(f'panel {panel.name}')}, {about}"
    return graph(drawn, name, style), f"{about} · {note}" if note else about


def graph(figure: Figure, name: str, style: Style) -> html.Div:
    """A figure with its name for those who do not see it; the list of statistics has its numbers."""
    height = {"height": f"{figure['layout']['height']}px"}
    drawn = dcc.Graph(figure=figure, config=figures.config(style.language), style=height, responsive=True)
    return html.Div(drawn, role="figure", **aria(label=f"{name}; {style.say('chart alternative')}"))


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


def controls(found: Exploration, browser: Kept, style: Style) -> dict[str, Any]:
    """What each control of the page shows, by its name in CHOICES and DERIVED of assets/explore.js."""
    names = [series_name(series, found) for series in found.series]
    start, end = (local_text(t_us, style) for t_us in found.window(now_us()))
    return {
        "series": [series.key for series in found.series],
        "range": found.range,
        "compare": list(found.comparisons),
        "days": [str(day) for day in found.weekdays],
        "hour-from": str(found.hours[0]),
        "hour-to": str(found.hours[1]),
        "marks": list(found.marks),
        "details": [{"value": str(number), "label": name} for number, name in enumerate(names)],
        "detail": str(found.detail),
        "single": len(names) < 2,
        "zone": found.zone or browser.get("chosen") or "auto",
        "from": start,
        "to": end,
    }


def hues(found: Exploration, style: Style) -> dict[str, str]:
    """The colours of the chosen series for the control that names them (30-content.css): the timeline's."""
    return {f"--series-{number}": hue(series, found, style) for number, series in enumerate(found.series, 1)}


def series_choices(catalog: Catalog) -> list[dict[str, Any]]:
    """All series but those of hidden devices, as the control lists them: under their devices while those are few."""
    groups: dict[str, list[dict[str, str]]] = {}
    hidden = {row["device"] for row in catalog.devices if row.get("hidden")}
    for row in catalog.series:
        if row["device"] in hidden:
            continue
        series = catalog.entry(row)
        unit = formats.shown_unit(series.unit)
        label = f"{series.title} ({unit})" if unit else series.title
        groups.setdefault(series.name, []).append({"value": series.key, "label": f"{label} · {series.name}"})
    if len(groups) > _MOST_GROUPS:
        return [item for items in groups.values() for item in items]
    return [{"group": name, "items": items} for name, items in groups.items()]
