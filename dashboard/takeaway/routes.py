"""The addresses of downloads: `/take/<name>` gives a file, `/take/<name>/…` how far one is, and stops one."""

from __future__ import annotations

from collections.abc import Mapping

import flask

from dashboard.access.guard import identity
from dashboard.context import Context
from dashboard.http_data import problem
from dashboard.takeaway.choice import resolve
from dashboard.takeaway.downloads import Download, Downloads, followed
from dashboard.takeaway.files import FILES, Wanted
from dashboard.takeaway.names import file_name
from telemetry.errors import LumosError, QuestionError, nearest
from telemetry.timestamps import now_us


def blueprint(context: Context) -> flask.Blueprint:
    """The routes, to be registered on the dashboard's server."""
    routes = flask.Blueprint("takeaway", __name__)
    downloads = Downloads()

    @routes.get("/take/<name>")
    def take(name: str) -> flask.Response:
        file = FILES.get(name)
        if file is None:
            raise QuestionError(f"there is no file '{name[:64]}' to take{nearest(name, FILES)}")
        asked = _arguments()
        choice = resolve(asked, context.rows("series"), now_us())
        body = file.make(Wanted(context.reader, choice))
        download = downloads.begin(identity().by, next(iter(asked.get("job", [])), None), body.total)
        response = flask.Response(followed(download, body.pieces), mimetype=file.mimetype)
        response.call_on_close(lambda: downloads.end(download))
        response.headers.set("Content-Disposition", "attachment", filename=file_name(choice, name))
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/take/progress/<job>")
    def progress(job: str) -> flask.Response:
        return flask.jsonify(_own(downloads, job).as_json())

    @routes.post("/take/stop/<job>")
    def stop(job: str) -> flask.Response:
        download = _own(downloads, job)
        download.wanted = False
        return flask.jsonify(download.as_json())

    routes.register_error_handler(LumosError, problem)
    return routes


def _own(downloads: Downloads, job: str) -> Download:
    found = downloads.find(identity().by, job)
    if found is None:
        raise QuestionError(f"there is no download '{job[:64]}' of yours")
    return found


def _arguments() -> Mapping[str, list[str]]:
    return {name: list(values) for name, values in flask.request.args.lists()}
