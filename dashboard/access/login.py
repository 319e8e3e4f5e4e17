"""The login page, and the way out. Plain HTML: it works before anything of Dash is loaded, and without scripts."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import flask

from dashboard.access.guard import SESSION_COOKIE, identity
from dashboard.access.people import People
from dashboard.access.roles import Role
from dashboard.access.throttle import Throttle
from dashboard.translations import Say, speaker

#: Wrong passwords: for one name from one address, for one address, and for one name from anywhere.
_PAIR, _ADDRESS, _NAME = (5, 60.0), (20, 300.0), (50, 600.0)

#: `next` goes back into the page, so everything is escaped by Jinja.
_PAGE = """<!DOCTYPE html>
<html lang="{{ language }}">
  <head>
    <meta charset="UTF-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{ say("log in title") }} · Lumos</title>
    <link rel="icon" type="image/svg+xml" href="{{ prefix }}/assets/logo.svg">
    <link rel="stylesheet" href="{{ prefix }}/assets/10-tokens.css">
    <link rel="stylesheet" href="{{ prefix }}/assets/head/login.css">
    <script src="{{ prefix }}/assets/head/scheme.js"></script>
    <script src="{{ prefix }}/assets/head/login.js" defer></script>
  </head>
  <body class="login">
    <main>
      <img src="{{ prefix }}/assets/logo.svg" alt="" width="44" height="44">
      <h1>Lumos</h1>
      {% if place %}<p class="dim">{{ place }}</p>{% endif %}
      <form method="post" action="{{ prefix }}/login">
        <input type="hidden" name="next" value="{{ next }}">
        <label for="name">{{ say("your name") }}</label>
        <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required
          autofocus value="{{ name }}">
        <label for="password">{{ say("your password") }}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>
        {% if problem %}<p class="problem" role="alert">{{ problem }}</p>{% endif %}
        <button type="submit">{{ say("log in") }}</button>
      </form>
      <p class="dim small">{{ say("forgotten") }} <code>python app.py user password NAME</code></p>
    </main>
  </body>
</html>"""


class Login:
    """The routes of logging in and out."""

    def __init__(self, people: People, place: str, language: Callable[[], str], idle_seconds: float) -> None:
        self._people = people
        self._place = place
        self._language = language
        self._idle_seconds = idle_seconds
        self._pair, self._address, self._name = Throttle(*_PAIR), Throttle(*_ADDRESS), Throttle(*_NAME)
        # One at a time: checking a password takes 64 MB and half a second of a small machine.
        self._checking = threading.Lock()

    def routes(self) -> flask.Blueprint:
        """`GET /login`, `POST /login`, `POST /logout`."""
        routes = flask.Blueprint("login", __name__)
        routes.get("/login")(self.show)
        routes.post("/login")(self.enter)
        routes.post("/logout")(self.leave)
        return routes

    def show(self) -> Any:
        """The form; or straight on, for somebody who is in already."""
        after = local_path(flask.request.args.get("next"))
        if identity().role > Role.NOBODY:
            return _onward(after)
        return self._page(after)

    def enter(self) -> Any:
        """Check name and password; a fresh session, whatever cookie came along."""
        form, say = flask.request.form, speaker(self._language())
        name, password, after = form.get("name", "").strip(), form.get("password", ""), local_path(form.get("next"))
        address = flask.request.remote_addr or ""
        wait = max(
            self._pair.wait_seconds(f"{name} {address}"),
            self._address.wait_seconds(address),
            self._name.wait_seconds(name),
        )
        if wait:
            page = self._page(after, name, say("too many tries", seconds=math.ceil(wait)), 429)
            page.headers["Retry-After"] = str(math.ceil(wait))
            return page
        with self._checking:
            session = self._people.log_in(name, password)
        if session is None:
            self._pair.note(f"{name} {address}")
            self._address.note(address)
            self._name.note(name)
            return self._page(after, name, say("wrong password"), 401)
        self._pair.clear(f"{name} {address}")
        self._end_session()
        response = _onward(after)
        response.set_cookie(
            SESSION_COOKIE,
            session,
            max_age=int(self._idle_seconds),
            httponly=True,
            samesite="Strict",
            secure=flask.request.is_secure,
            path=flask.request.script_root or "/",
        )
        return response

    def leave(self) -> Any:
        """End the session here and in the file."""
        self._end_session()
        response = flask.redirect(f"{flask.request.script_root}/login", 303)
        response.delete_cookie(SESSION_COOKIE, path=flask.request.script_root or "/")
        return response

    def _end_session(self) -> None:
        cookie = flask.request.cookies.get(SESSION_COOKIE)
        if cookie:
            self._people.log_out(cookie)

    def _page(self, after: str, name: str = "", problem: str = "", status: int = 200) -> flask.Response:
        language = self._language()
        say: Say = speaker(language)
        text = flask.render_template_string(
            _PAGE,
            language=language,
            say=say,
            place=self._place,
            prefix=flask.request.script_root,
            next=after,
            name=name[:64],
            problem=problem,
        )
        return flask.Response(text, status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def local_path(text: str | None) -> str:
    """Where to go after logging in: a path of this site, whatever was asked for."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or any(ord(c) < 32 for c in text):
        return "/"
    return text


def _onward(after: str) -> Any:
    return flask.redirect(f"{flask.request.script_root}{after}", 303)
