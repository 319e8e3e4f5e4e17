"""The addresses of downloads: `/take/<name>` gives a file, `/take/<name>/…` how far one is, and stops one."""

from __future__ import annotations

from collections.abc import Mapping

import flask

from dashboard import zones
from dashboard.access.guard import identity
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.http.data import problem
from dashboard.serving import page_language
from dashboard.takeaway.choice import Choice, resolve
from dashboard.takeaway.downloads import Downloads, followed
from dashboard.takeaway.files import FILES, Wanted
from dashboard.takeaway.names import file_name
from dashboard.theme import LIGHT, PALETTES
from dashboard.translations import speaker
from telemetry.errors import LumosError, QuestionError, nearest
from telemetry.timestamps import now_us


def blueprint(context: Context) -> flask.Blueprint:
    """The routes, to be registered on the dashboard's server."""
    routes = flask.Blueprint("takeaway", __name__)
    downloads = Downloads()

    @routes.get("/take/<name>")
    def take(name: str) -> flask.Response:
        asked = _arguments()
        who, job = identity().by, next(iter(asked.get("job", [])), None)
        try:
            return _give(context, downloads, name, asked)
        except LumosError as error:
            downloads.refuse(who, job, str(error))
            raise

    @routes.get("/take/progress/<job>")
    def progress(job: str) -> flask.Response:
        found = downloads.find(identity().by, job)
        # The page may ask before the browser has begun.
        return flask.jsonify(found.as_json() if found else {"state": "unknown"})

    @routes.post("/take/stop/<job>")
    def stop(job: str) -> flask.Response:
        found = downloads.find(identity().by, job)
        if found is None:
            raise QuestionError(f"there is no download '{job[:64]}' of yours")
        found.wanted = False
        return flask.jsonify(found.as_json())

    routes.register_error_handler(LumosError, problem)
    return routes


def _give(context: Context, downloads: Downloads, name: str, asked: Mapping[str, list[str]]) -> flask.Response:
    file = FILES.get(name)
    if file is None:
        raise QuestionError(f"there is no file '{name[:64]}' to take{nearest(name, FILES)}")
    choice = resolve(asked, context.rows("series"), now_us())
    body = file.make(Wanted(context, choice, flask.request.query_string.decode(), _style(context, choice, asked)))
    download = downloads.begin(identity().by, next(iter(asked.get("job", [])), None), body.total)
    response = flask.Response(followed(download, body.pieces), mimetype=file.mimetype)
    response.call_on_close(lambda: downloads.end(download))
    response.headers.set("Content-Disposition", "attachment", filename=file_name(choice, name))
    response.headers["Cache-Control"] = "no-store"
    return response


def _style(context: Context, choice: Choice, asked: Mapping[str, list[str]]) -> Style:
    """How a file's reader writes and draws: the page's language and colours, the clock that is asked for."""
    language = page_language(context.settings)
    scheme = next(iter(asked.get("scheme", [])), "light")
    return Style(PALETTES.get(scheme, LIGHT), zones.find(choice.zone, None), language, speaker(language))


def _arguments() -> Mapping[str, list[str]]:
    return {name: list(values) for name, values in flask.request.args.lists()}
