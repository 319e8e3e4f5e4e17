"""The dashboard as a Dash app: `create_app(settings)` makes one, with no global state beside it."""

from __future__ import annotations

from typing import Any

import dash
import flask

from dashboard import callbacks, serving
from dashboard.access.console import open_people
from dashboard.access.forwarding import Forwarding
from dashboard.access.guard import Guard, host_names, identity
from dashboard.access.login import Login
from dashboard.commands.commanding import Commander
from dashboard.commands.publishing import Publisher
from dashboard.compressed import remember_compressed
from dashboard.context import Asks, Context
from dashboard.first import chart as first_chart
from dashboard.http import command as http_command
from dashboard.http import data as http_data
from dashboard.http import history as http_history
from dashboard.http import metrics as http_metrics
from dashboard.layouts.shell import shell
from dashboard.sharing import ForgettingActions, SharedAnswers
from dashboard.takeaway import routes as takeaway
from telemetry.datafolder import DataFolder
from telemetry.reader import Actions, Reader
from telemetry.settings import Settings

#: How long the page waits for the store before it says that it does not answer.
_QUESTION_SECONDS = 20.0


def create_app(settings: Settings, *, reader: Asks | None = None, commander: Commander | None = None) -> dash.Dash:
    """A dashboard on these settings; `reader` and `commander` are for tests.

    It connects to the broker in the background and works without. Raises LumosError where it cannot be set up.
    """
    folder = DataFolder(settings.data_dir)
    shared = SharedAnswers(Reader(folder, _QUESTION_SECONDS))
    actions = ForgettingActions(Actions(folder, _QUESTION_SECONDS), shared)
    context = Context(settings, reader or shared, commander or Commander(settings, Publisher(settings), actions))
    server: Any = flask.Flask("dashboard", static_folder=None)
    remember_compressed(server)
    people = open_people(settings) if settings.login_required else None
    context.activity.install(server)
    Guard(people, host_names(settings)).install(server)
    server.register_blueprint(http_data.blueprint(context))
    server.register_blueprint(http_command.blueprint(context))
    server.register_blueprint(http_history.blueprint(context))
    server.register_blueprint(http_metrics.blueprint(context))
    server.register_blueprint(first_chart.blueprint(context))
    server.register_blueprint(takeaway.blueprint(context))
    if people is not None:
        login = Login(people, settings.place, lambda: serving.page_language(settings), people.idle_seconds)
        server.register_blueprint(login.routes())
    app = serving.Page(
        "dashboard",
        server=server,
        title="Lumos",
        update_title="",
        compress=True,
        assets_folder=str(serving.ASSETS),
        assets_path_ignore=["head"],
        meta_tags=list(serving.META_TAGS),
        on_error=serving.reporter(settings),
        routes_pathname_prefix="/",
        requests_pathname_prefix=f"{settings.base_path.rstrip('/')}/",
    )
    app.layout = lambda: shell(settings, serving.page_language(settings), identity())
    callbacks.register(app, context)
    serving.prepare(app, context)
    server.wsgi_app = Forwarding(server.wsgi_app, settings)
    context.commander.publisher.start()
    return app
