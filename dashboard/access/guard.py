"""In front of every route: is it for us (Host), from our page (Origin), not too much, and from somebody who may?

What a request may do is decided here, once, before any route or callback runs; they find the answer in `identity()`.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

import flask

from dashboard.access.forwarding import listed
from dashboard.access.people import People
from dashboard.access.roles import ROUTES, Identity, Role, role_of_callback
from dashboard.access.throttle import Throttle
from telemetry.settings import Settings

SESSION_COOKIE = "lumos-session"
LARGEST_BODY = 256 * 1024
#: A page asks about twice a second, more often for moments; a classroom behind one address must pass.
REQUESTS, REQUEST_SECONDS = 4_000, 10.0
_CALLBACKS = "/_dash-update-component"
_NOBODY = Identity("", Role.NOBODY)


class RefusedError(Exception):
    """Why a request goes no further: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Guard:
    """Checks requests. Without `people` nobody logs in: whoever reaches the loopback address is this machine's user."""

    def __init__(self, people: People | None, host_names: Iterable[str]) -> None:
        self.people = people
        self._host_names = frozenset(name.lower() for name in host_names)
        self._requests = Throttle(REQUESTS, REQUEST_SECONDS)

    def install(self, server: flask.Flask) -> None:
        """Put the guard in front of all routes of a server."""
        server.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
        server.before_request(self._check)
        server.register_error_handler(404, lambda _: _told(RefusedError(404, "there is nothing at this address")))
        server.register_error_handler(405, lambda _: _told(RefusedError(405, "this address does not take that")))
        server.register_error_handler(413, lambda _: _told(_too_large()))
        server.register_error_handler(500, lambda _: _told(RefusedError(500, "Lumos failed here: its log says why")))

    def _check(self) -> flask.Response | None:
        request = flask.request
        try:
            self._check_host(request.host)
            self._check_amount(request)
            identity = self._who(request)
            self._check_origin(request)
            self._check_role(request, identity)
        except RefusedError as refusal:
            if refusal.status == 401 and _wants_page(request):
                return flask.redirect(f"{request.script_root}/login?next={quote(request.full_path.rstrip('?'))}")  # type: ignore[return-value]
            return _told(refusal)
        flask.g.identity = identity
        return None

    def _check_host(self, host: str) -> None:
        """A name that is not ours leads here by DNS rebinding; an address cannot."""
        name = urlsplit(f"//{host}").hostname or ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name.lower() not in self._host_names:
                raise RefusedError(421, f"this Lumos does not answer to '{host[:120]}': see --allowed-hosts") from None

    def _check_amount(self, request: flask.Request) -> None:
        if (request.content_length or 0) > LARGEST_BODY:
            raise _too_large()
        address = request.remote_addr or ""
        if self._requests.wait_seconds(address):
            raise RefusedError(429, "too many requests: wait some seconds")
        self._requests.note(address)

    def _who(self, request: flask.Request) -> Identity:
        if self.people is None:
            return Identity(request.remote_addr or "local", Role.ADMIN)
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            found = self.people.token(text.strip())
            if found is None:
                raise RefusedError(401, "this token is unknown or revoked")
            return found
        cookie = request.cookies.get(SESSION_COOKIE)
        return (self.people.session(cookie) if cookie else None) or _NOBODY

    def _check_origin(self, request: flask.Request) -> None:
        """What changes something and comes with a browser's cookie must come from our own page."""
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return
        origin = request.headers.get("Origin")
        if origin is None:
            if request.cookies.get(SESSION_COOKIE) and "Authorization" not in request.headers:
                raise RefusedError(403, "this request does not say which page it comes from")
        elif origin != f"{request.scheme}://{request.host}":
            raise RefusedError(
                403, "this request comes from another site; behind a reverse proxy, name it with --trusted-proxies"
            )

    def _check_role(self, request: flask.Request, identity: Identity) -> None:
        if request.url_rule is None:
            return  # there is no such route: 404
        needed = ROUTES.get(request.url_rule.rule)
        if request.url_rule.rule == _CALLBACKS and identity.role >= Role.VIEWER:
            body = request.get_json(silent=True)
            needed = role_of_callback(body.get("output")) if isinstance(body, Mapping) else None
            if needed is None:
                raise RefusedError(400, "this is no callback of this page: load it again")
        if needed is None:
            raise RefusedError(403, "nobody has said who may use this address")
        if identity.role >= needed:
            return
        if identity.role is Role.NOBODY:
            raise RefusedError(401, "log in first, or send a token: Authorization: Bearer …")
        raise RefusedError(403, f"this takes the role {needed.word}, you have {identity.role.word}")


def host_names(settings: Settings) -> list[str]:
    """The names under which browsers may reach this dashboard; addresses always may."""
    own = socket.gethostname()
    short = own.split(".")[0]
    return ["localhost", "lumos.local", own, short, f"{short}.local", settings.host, *listed(settings.allowed_hosts)]


def identity() -> Identity:
    """Who asks, as the guard found; nobody outside of a request."""
    if not flask.has_request_context():
        return _NOBODY
    found: Identity = flask.g.get("identity", _NOBODY)
    return found


def _wants_page(request: flask.Request) -> bool:
    """Whether a person is waiting for a page, who can log in, and not a script."""
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


def _too_large() -> RefusedError:
    return RefusedError(413, f"a request has at most {LARGEST_BODY} bytes")


def _told(refusal: RefusedError) -> flask.Response:
    response = flask.jsonify(error=refusal.sentence)
    response.status_code = refusal.status
    if refusal.status == 429:
        response.headers["Retry-After"] = str(int(REQUEST_SECONDS))
    return response
