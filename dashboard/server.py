"""The servers under the dashboard: waitress for plain HTTP, hypercorn where it speaks TLS itself.

Two, because waitress has no TLS, and hypercorn takes half as long again for each answer (docs/architecture.md). Both
bound what a client may send and how many may connect.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections.abc import Iterable
from typing import Any

from werkzeug.wsgi import ClosingIterator

from dashboard.access.guard import LARGEST_BODY
from telemetry.settings import Settings

_THREADS = 8
#: A classroom of browsers with their few connections each; beyond it new ones wait at the listener.
_CONNECTIONS = 500
_IDLE_SECONDS = 60
_LARGEST_HEADER = 32 * 1024


def serve_http(app: Any, listener: socket.socket) -> None:
    """Serve with waitress until the process ends."""
    from waitress.server import create_server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    create_server(
        app,
        sockets=[listener],
        threads=_THREADS,
        ident="lumos",
        connection_limit=_CONNECTIONS,
        channel_timeout=_IDLE_SECONDS,
        max_request_body_size=LARGEST_BODY,
        max_request_header_size=_LARGEST_HEADER,
    ).run()


def serve_https(app: Any, listener: socket.socket, settings: Settings) -> None:
    """Serve with hypercorn over TLS until the process ends."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.certfile, config.keyfile = str(settings.tls_certificate), str(settings.tls_key)
    config.include_server_header = False
    config.wsgi_max_body_size = LARGEST_BODY
    config.h11_max_incomplete_size = _LARGEST_HEADER
    config.keep_alive_timeout = config.read_timeout = _IDLE_SECONDS
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn")
    config.errorlog.setLevel(logging.WARNING)

    def started(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # hypercorn 0.18 sends the status with the first chunk of a body, so an answer without a body (204, 304) needs
        # an empty one.
        body = app(environ, start_response)
        return ClosingIterator(itertools.chain([b""], body), getattr(body, "close", None))

    asyncio.run(serve(started, config, mode="wsgi", shutdown_trigger=asyncio.Event().wait))
