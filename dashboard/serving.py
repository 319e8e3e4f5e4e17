"""How the page reaches a browser: its HTML, its language, its icons, and the headers that protect it.

Nothing on the page comes from another host, and the Content-Security-Policy holds the browser to that.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import dash
import flask
from dash.fingerprint import check_fingerprint

from dashboard import icons, ids, vendor
from dashboard.access.guard import identity
from dashboard.context import Context
from dashboard.first.sight import Sights
from dashboard.pages import EXPLORE, LIVE
from dashboard.panels.parts import banner
from dashboard.translations import LANGUAGES, choose_language, speaker
from telemetry.settings import Settings

_LOG = logging.getLogger(__name__)
ASSETS = Path(__file__).parent / "assets"
LANGUAGE_COOKIE = "lumos-language"
_YEAR_SECONDS = 365 * 86_400
_FOR_EVER = f"public, max-age={_YEAR_SECONDS}, immutable"

META_TAGS = (
    {"name": "color-scheme", "content": "light dark"},
    {"name": "description", "content": "Live and past readings of ESP32 boards"},
)

#: Scripts that stand in the page itself: what they begin would otherwise wait for a request each.
_HEAD = {name: (ASSETS / "head" / f"{name}.js").read_text(encoding="utf-8") for name in ("scheme", "look", "first")}

#: The colour scheme is set before anything is painted, so that a dark page does not flash white.
_INDEX = """<!DOCTYPE html>
<html lang="{language}">
  <head>
    {metas}
    <title>{title}</title>
    <link rel="icon" type="image/svg+xml" href="{prefix}assets/logo.svg">
    {charts}
    <script>{scheme}</script>
    <script>{look}</script>
    {first}
    <link rel="stylesheet" href="{prefix}icons.css?v={started}">
    {css}
  </head>
  <body>
    {sight}
    {app_entry}
    <footer>{config}{scripts}{renderer}</footer>
  </body>
</html>"""


#: The heaviest file of the page.
_PLOTLY_PATH = "/_dash-component-suites/plotly/package_data/plotly.min.js"
_PLOTLY = "{prefix}" + _PLOTLY_PATH.removeprefix("/")
#: Where an address opens a chart it is drawn before Dash is there (dashboard.first): it is asked for first of all, and
#: Plotly is run before Dash's own scripts.
_PRELOAD = f'<link rel="preload" as="script" href="{_PLOTLY}">'
_FIRST = '<script data-prefix="{prefix}" data-page="{page}">{script}</script>'
_FIRST_PLOTLY = f'<script src="{_PLOTLY}" data-plotly></script>'


class Page(dash.Dash):
    """Dash with our own HTML around it, in the language of whoever asks."""

    started = ""
    settings: Settings
    sights: Sights

    def interpolate_index(self, *_: Any, **parts: Any) -> str:
        """The page's HTML."""
        prefix, language = self.config.requests_pathname_prefix, page_language(self.settings)
        opened = _opened(flask.request)
        preload = first = sight = ""
        if opened:
            search = f"?{flask.request.query_string.decode(errors='replace')}"
            preload = _PRELOAD.format(prefix=prefix)
            first = _FIRST.format(prefix=prefix, page=opened, script=_HEAD["first"])
            sight = self.sights.sight(language, identity(), opened, search) + _FIRST_PLOTLY.format(prefix=prefix)
        return _INDEX.format(
            language=language,
            prefix=prefix,
            charts=preload,
            scheme=_HEAD["scheme"],
            look=_HEAD["look"],
            first=first,
            sight=sight,
            started=self.started,
            **{name: parts[name] for name in ("metas", "title", "css", "app_entry", "config", "scripts", "renderer")},
        )


def page_language(settings: Settings) -> str:
    """The language of the request under way; English outside of one."""
    if not flask.has_request_context():
        return choose_language(settings.language, None, None, None)
    request = flask.request
    remembered = request.cookies.get(LANGUAGE_COOKIE)
    return choose_language(
        settings.language, request.args.get("lang"), remembered, request.headers.get("Accept-Language")
    )


def prepare(app: Page, context: Context) -> None:
    """Routes and headers of the page; called when all callbacks are there, since their scripts are hashed."""
    app.settings, app.started = context.settings, context.started
    app.sights = Sights(context.settings)
    # A second copy of the layout in every page's HTML: the browser holds callbacks against the layout itself.
    app.validation_layout = None
    sheet = icons.stylesheet()
    plotly = vendor.PLOTLY.read_bytes()
    plotly_etag = hashlib.sha256(plotly).hexdigest()[:16]
    policy = _policy(app)
    server: flask.Flask = app.server

    @server.get("/icons.css")
    def icons_css() -> flask.Response:
        response = flask.Response(sheet, mimetype="text/css")
        response.headers["Cache-Control"] = _FOR_EVER
        return response

    @server.get(_PLOTLY_PATH)
    def plotly_js() -> flask.Response:
        """Where Dash looks for the whole Plotly: the charts that we draw alone."""
        response = flask.Response(plotly, mimetype="text/javascript")
        response.set_etag(plotly_etag)
        response.make_conditional(flask.request)
        return response

    @server.get("/alive")
    def alive() -> flask.Response:
        """For a page that lost its connection: are you back?"""
        return flask.Response("ok", mimetype="text/plain", headers={"Cache-Control": "no-store"})

    @server.after_request
    def headers(response: flask.Response) -> flask.Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Lumos-Started"] = context.started
        if response.status_code == HTTPStatus.NO_CONTENT:
            response.headers.pop("Content-Type", None)  # Flask calls it HTML; the answer to a tick is better short
        elif response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = policy
            response.headers["Referrer-Policy"] = "same-origin"
        elif response.status_code == 200 and _fingerprinted(flask.request):
            response.headers["Cache-Control"] = _FOR_EVER
        asked = flask.request.args.get("lang")
        if asked in LANGUAGES and response.mimetype == "text/html":
            response.set_cookie(LANGUAGE_COOKIE, asked, max_age=_YEAR_SECONDS, samesite="Lax")
        return response


def _opened(request: flask.Request) -> str:
    """The page with a chart that an address opens: LIVE with a device, EXPLORE, or none."""
    if request.path == "/" and request.args.get("device"):
        return LIVE
    return EXPLORE if request.path == f"/{EXPLORE}" else ""


def _fingerprinted(request: flask.Request) -> bool:
    """Whether the address names this very version of a file, so that it never needs to be asked for again.

    Plotly's does not: after an upgrade a browser must get the new one.
    """
    suite = request.path.startswith("/_dash-component-suites/") and check_fingerprint(request.path)[1]  # type: ignore[no-untyped-call]
    return suite or (request.path.startswith("/assets/") and "m" in request.args)


def reporter(settings: Settings) -> Callable[[Exception], None]:
    """What happens to an unexpected error in a callback: the log has it whole, the page only that it happened."""

    def report(error: Exception) -> None:
        _LOG.error("a callback failed", exc_info=error)
        say = speaker(page_language(settings))
        dash.set_props(ids.BANNERS, {"children": banner(say("panel failed"), say("unexpected"), "bad")})

    return report


def _policy(app: dash.Dash) -> str:
    """Scripts are files of ours or the inline ones of Dash and of ours, by their hashes; styles may be inline."""
    own = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in _HEAD.values())
    hashes = [*app.csp_hashes(), *(f"'sha256-{each}'" for each in own)]
    scripts = " ".join(["'self'", *hashes])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
