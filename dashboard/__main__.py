"""`python -m dashboard`: the page and the HTTP interface, until a signal ends it; `user` and `token` manage access."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

from telemetry.command_line import parser, read_arguments
from telemetry.errors import LumosError, PortTakenError
from telemetry.lean import leave_pandas_out
from telemetry.logs import configure
from telemetry.loopback import answers
from telemetry.service_manager import ServiceManager
from telemetry.settings import Settings, load
from telemetry.tls import speaks_tls

_LOG = logging.getLogger("dashboard")
_LOOK_AGAIN_SECONDS = 0.1


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped: 0 after SIGTERM or SIGINT, 2 when a person must mend something (said in one line)."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] and words[0] in ("user", "token"):
            from dashboard.access.console import main as console

            console(words)
            return 0
        settings = load(
            read_arguments(parser("python -m dashboard", "The page and the HTTP interface of Lumos."), words)
        )
        serve(settings)
    except LumosError as error:
        print(f"lumos dashboard: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks to its user
        return 2
    return 0


def serve(settings: Settings) -> None:
    """Serve on the host and port of the settings. Raises PortTakenError, SettingError or another LumosError."""
    configure("dashboard", settings)
    leave_pandas_out()
    tls = speaks_tls(settings)
    listener = listen(settings.listens_on, settings.port)
    from dashboard.app import create_app
    from dashboard.server import serve_http, serve_https

    app = create_app(settings).server
    manager = ServiceManager()
    _stop_on_signals(manager)
    threading.Thread(target=_tell_ready, args=(manager, settings), name="ready", daemon=True).start()
    _LOG.info("listening on %s://%s:%d", "https" if tls else "http", settings.listens_on, settings.port)
    if tls:
        listener.listen()
        serve_https(app, listener, settings)
    else:
        serve_http(app, listener)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound there, so that a taken port is told before anything else is begun."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as cause:
        raise PortTakenError(f"--host {host} is no address of this machine ({cause}): try 127.0.0.1") from cause
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as cause:
        listener.close()
        if cause.errno == errno.EADDRINUSE:
            raise PortTakenError(f"port {port} is in use: stop what uses it, or choose another with --port") from cause
        raise PortTakenError(
            f"{host}:{port} cannot be listened on ({cause.strerror}): choose another with --host or --port"
        ) from cause
    return listener


def _tell_ready(manager: ServiceManager, settings: Settings) -> None:
    """Tell the service manager once the page answers, and then as long as it does."""
    while not answers(settings):
        time.sleep(_LOOK_AGAIN_SECONDS)
    manager.ready(lambda: answers(settings))


def _stop_on_signals(manager: ServiceManager) -> None:
    def stop(_number: int, _frame: FrameType | None) -> Any:
        manager.stopping()
        # waitress would wait for requests under way; the browser asks again in a second anyway.
        logging.shutdown()
        os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
