"""`/first-chart`: the figure of an address, the same as the page itself draws, for a browser that has no Dash yet."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import flask
import orjson

from dashboard import figures
from dashboard.callbacks.opening import open_view
from dashboard.callbacks.state import style_of
from dashboard.context import Context
from dashboard.drawing import draw
from dashboard.explore.choices import Catalog, resolve, zoom_in
from dashboard.explore.drawing import Drawer
from dashboard.http.data import problem
from dashboard.live import Shown
from dashboard.pages import EXPLORE
from dashboard.panels.parts import Child
from dashboard.plain import as_html
from dashboard.serving import page_language
from telemetry.errors import LumosError, QuestionError
from telemetry.timestamps import now_us


def blueprint(context: Context) -> flask.Blueprint:
    """The route, to be registered on the dashboard's server."""
    routes = flask.Blueprint("first", __name__)

    @routes.get("/first-chart")
    def first_chart() -> flask.Response:
        asked, language = flask.request.args, page_language(context.settings)
        found_for = explored if asked.get("page") == EXPLORE else first
        found = found_for(context, asked.get("search", ""), _look(asked.get("look", "")), language)
        if found is None:
            return flask.Response(status=HTTPStatus.NO_CONTENT)
        answer = flask.Response(orjson.dumps(found), mimetype="application/json")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    routes.register_error_handler(LumosError, problem)
    return routes


def first(context: Context, search: str, look: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """The chart that an address opens, its words, and how Plotly is to draw it; None where there is none to draw.

    Raises StoreUnavailableError or QuestionError: then nothing is drawn early, and the page itself says why.
    """
    style = style_of(context, {"language": language}, look)
    opened = open_view(search, context.rows("series"), context.rows("devices"))
    if not opened.view.device:
        return None
    drawing = draw(context, opened.view, style, Shown.from_json(None), zoom_in(search), now_us())
    if drawing is None or drawing.cover is not None:
        return None
    name = next((row["label"] for row in opened.devices if row["value"] == opened.view.device), "")
    words = {".trail-name": name, ".chart-title": drawing.title, ".subtitle": drawing.subtitle}
    return _answer(drawing.figure, language, words)


def explored(context: Context, search: str, look: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """The same of an address of the page Explore: its timeline."""
    exploration = resolve(search, Catalog(context.rows("series"), context.rows("devices")))
    if not exploration.series:
        return None
    style = style_of(context, {"language": language}, look, exploration.zone)
    drawing = Drawer(context, exploration, style, zoom_in(search), now_us()).draw()
    if drawing.cover is not None:
        return None
    words = {".timeline-head .legend": drawing.title, ".subtitle": drawing.subtitle, ".legend-more": drawing.legend}
    return _answer(drawing.figure, language, words)


def _answer(figure: figures.Figure, language: str, words: Mapping[str, Child]) -> dict[str, Any]:
    """`words`: what stands where, by selectors of the page's shapes (assets/head/first.js); as HTML."""
    return {
        "figure": figure,
        "config": figures.config(language),
        "words": {where: as_html(said) for where, said in words.items()},
    }


def _look(text: str) -> Mapping[str, Any]:
    """How it is looked at, as assets/head/look.js says it. Raises QuestionError."""
    try:
        look = orjson.loads(text)
    except orjson.JSONDecodeError:
        look = None
    if not isinstance(look, dict) or not look:
        raise QuestionError("look must be the JSON object that the page's own script sends")
    return look
