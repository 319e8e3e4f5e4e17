"""Notes: listed and marked for what is shown, written, changed, deleted and brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import dash
from dash import Input, Output, Patch, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import drawing, figures, ids, zones
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.alerts import marks as alerts
from dashboard.callbacks.explore import explored, zoom_of
from dashboard.callbacks.forms import act, answered, changed_now
from dashboard.callbacks.opening import local_text
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.context import Context
from dashboard.figures import Style, Window
from dashboard.layouts.telling import LIVE as ON_LIVE
from dashboard.live import Shown
from dashboard.notes.marks import marks
from dashboard.notes.panel import listing, removed
from dashboard.panels.parts import Child, failed
from dashboard.plain import plain
from telemetry.errors import LumosError, QuestionError
from telemetry.timestamps import US_PER_MS, now_us, parse_instant


def register(app: dash.Dash, context: Context) -> None:
    """Both pages' lists, the form, and what its buttons do."""
    _register_lists(app, context)
    _register_editor(app, context)
    _register_changes(app, context)


def _register_lists(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.notes(ids.LIVE_PAGE), "children"),
        Output(ids.CHART, "figure", allow_duplicate=True),
        Output(ids.NOTES_MARKED, "data"),
        Input(ids.VIEW, "data"),
        Input(ids.control(ON_LIVE, "news"), "data"),
        Input(ids.NOTES_CHANGED, "data"),
        State(ids.NOTES_MARKED, "data"),
        State(ids.SHOWN, "data"),
        State(ids.ZOOM, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def list_for_view(
        kept: Kept | None, _news: Any, changed: Kept | None, before: str | None, shown: Kept | None,
        zoomed: Kept | None, browser: Kept, page: Kept,
    ) -> Any:  # fmt: skip
        view, style = view_of(kept), style_of(context, page, browser)
        if not view.device:
            raise PreventUpdate
        window = drawing.zoom_of(zoomed, view) or view.window(now_us())
        found = body(context, [[view.device, view.metric]], window, style, changed)
        if isinstance(found, str):
            return plain(failed(style.say, found, ids.NOTES_CHANGED)), no_update, None
        rows, listed = found
        tripped = alerts.of_series(context, [[view.device, view.metric]], window, style)
        happened = drawing.happened(context, view, window, style)
        now = sha256(repr((rows, tripped, happened)).encode()).hexdigest()
        # A view that is new is drawn with its marks; one that is there already gets them alone.
        if ctx.triggered_id in (ids.VIEW, None) or Shown.from_json(shown).view != view.search():
            return plain(listed), no_update, now
        if now == before and ctx.triggered_id == ids.control(ON_LIVE, "news"):
            raise PreventUpdate  # something else is new in the store: the chart is left as it is
        patch = marked(rows, tripped, window, style)
        patch["data"][figures.MARKS] = figures.live_marks(happened, style)
        return plain(listed), patch, now

    @app.callback(
        Output(ids.notes(ids.EXPLORE), "children"),
        Input(ids.EXPLORED, "data"),
        Input(ids.NOTES_CHANGED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def list_for_exploration(
        kept: Kept | None, changed: Kept | None, zoomed: Kept | None, browser: Kept, page: Kept
    ) -> Any:
        exploration = explored(kept)
        style = style_of(context, page, browser, exploration.zone)
        series = [[each.device, each.metric] for each in exploration.series]
        found = body(context, series, zoom_of(zoomed) or exploration.window(now_us()), style, changed)
        return plain(failed(style.say, found, ids.NOTES_CHANGED) if isinstance(found, str) else found[1])


def _register_editor(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.NOTE_EDITOR, "opened"),
        Output(ids.NOTE_EDITED, "data"),
        Output(ids.NOTE_TEXT, "value"),
        Output(ids.NOTE_FROM, "value"),
        Output(ids.NOTE_TO, "value"),
        Output(ids.NOTE_WHOLE, "checked"),
        Output(ids.NOTE_WHOLE, "disabled"),
        Output(ids.NOTE_PROBLEM, "children"),
        Input(ids.NOTE_WISH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        State(ids.VIEW, "data"),
        State(ids.ZOOM, "data"),
        State(ids.CHART, "clickData"),
        State(ids.EXPLORED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.EXPLORE_CHART, "clickData"),
        prevent_initial_call=True,
    )
    def open_editor(wish: Kept, browser: Kept, page: Kept, *shown: Any) -> Any:
        if wish["do"] == "change":
            style = style_of(context, page, browser)
            edited = {"id": wish["id"], "device": wish["device"], "metric": wish["metric"]}
            moments = _moments((int(wish["from"]), int(wish["to"])), style)
            return True, edited, wish["text"], *moments, not wish["metric"], True, ""
        if wish["page"] == ids.EXPLORE:
            exploration = explored(shown[3])
            style = style_of(context, page, browser, exploration.zone)
            zoom, device, metric = zoom_of(shown[4]), exploration.chosen.device, exploration.chosen.metric
        else:
            view, style = view_of(shown[0]), style_of(context, page, browser)
            zoom, device, metric = drawing.zoom_of(shown[1], view), view.device, view.metric
        clicked = shown[5] if wish["page"] == ids.EXPLORE else shown[2]
        moments = _moments(zoom or _clicked(clicked, style), style)
        return True, {"id": "", "device": device, "metric": metric}, "", *moments, not metric, False, ""


def _register_changes(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.NOTE_PROBLEM, "children", allow_duplicate=True),
        Output(ids.NOTE_EDITOR, "opened", allow_duplicate=True),
        Output(ids.NOTES_CHANGED, "data"),
        Input(ids.NOTE_SAVE, "n_clicks"),
        State(ids.NOTE_EDITED, "data"),
        State(ids.NOTE_TEXT, "value"),
        State(ids.NOTE_FROM, "value"),
        State(ids.NOTE_TO, "value"),
        State(ids.NOTE_WHOLE, "checked"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.NOTE_SAVE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def save_note(
        _clicks: int, edited: Kept, text: str, start: str | None, end: str | None, whole: bool, browser: Kept,
        page: Kept,
    ) -> Any:  # fmt: skip
        style = style_of(context, page, browser)
        return answered(lambda: save(context, edited, text or "", span_of(start, end, style), whole=whole))

    @app.callback(
        Output(ids.NOTES_CHANGED, "data", allow_duplicate=True),
        Input(ids.NOTE_REMOVAL, "data"),
        prevent_initial_call=True,
    )
    def remove_note(wish: Kept) -> Any:
        action = "delete_note" if wish["do"] == "delete" else "restore_note"
        try:
            act(context, action, {"id": wish["id"]})
        except LumosError as error:
            return {**changed_now(), "problem": str(error)}
        return {**changed_now(), "deleted": wish["id"] if wish["do"] == "delete" else ""}


def body(
    context: Context, series: Sequence[Sequence[str]], window: Window, style: Style, changed: Kept | None
) -> tuple[list[dict[str, Any]], Child] | str:
    """The notes of what is shown with their list, under what was just done to one; a sentence where none answers."""
    try:
        rows = context.rows("notes", series=[list(pair) for pair in series], start_us=window[0], end_us=window[1])
    except LumosError as error:
        return str(error)
    listed = listing(rows, style, may_write=identity().role >= Role.OPERATOR)
    done = changed if isinstance(changed, Mapping) else {}  # Retry says only that something is wanted
    if done.get("problem"):
        return rows, [dash.html.P(done["problem"], className="tone-bad", role="alert"), listed]
    recent = now_us() // US_PER_MS - int(done.get("at", 0)) < _UNDO_MS
    return rows, [removed(done["deleted"], style.say), listed] if done.get("deleted") and recent else listed


#: How long a deletion is offered to be taken back beside the list; `restore_note` works for ever.
_UNDO_MS = 60_000


def marked(rows: Sequence[Mapping[str, Any]], tripped: alerts.Layers, window: Window, style: Style) -> Patch:
    """The chart with these marks, and nothing else of it touched."""
    patch, drawn = Patch(), alerts.joined(tripped, marks(rows, window, style))
    patch["layout"]["shapes"], patch["layout"]["annotations"] = drawn["shapes"], drawn["annotations"]
    return patch


def save(context: Context, edited: Kept, text: str, span: Window, *, whole: bool) -> None:
    """Write a note, or change the one that was opened, for whoever asks. Raises ActionError with a sentence."""
    said: dict[str, Any] = {"from_us": span[0], "to_us": span[1], "text": text}
    if edited["id"]:
        act(context, "change_note", {"id": edited["id"], **said})
        return
    metric = None if whole or not edited["metric"] else edited["metric"]
    act(context, "write_note", {"device": edited["device"], "metric": metric, **said})


def span_of(start: str | None, end: str | None, style: Style) -> Window:
    """Both ends of a note from the form, on the page's clock; without an end it is a moment."""
    if not start:
        raise QuestionError(style.say("range empty"))
    first = zones.from_local(parse_instant(start), style.zone)
    last = zones.from_local(parse_instant(end), style.zone) if end else first
    if last < first:
        raise QuestionError(style.say("range reversed"))
    return first, last


def _moments(span: Window, style: Style) -> tuple[str, str | None]:
    start, end = (local_text(t_us, style, seconds=True) for t_us in span)
    return start, end if span[0] != span[1] else None


def _clicked(click: Kept | None, style: Style) -> Window:
    """The point of the chart that was clicked last, or now."""
    points = (click or {}).get("points") or []
    try:
        at_us = zones.from_drawn(points[0]["x"], style.zone) if points else now_us()
    except QuestionError:
        at_us = now_us()
    return at_us, at_us
