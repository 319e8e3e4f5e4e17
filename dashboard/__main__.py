"""`python -m dashboard`: the page and the HTTP interface, served by waitress until a signal ends it."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from telemetry.errors import LumosError, PortTakenError
from telemetry.settings import Settings, load, parser, read_arguments

_THREADS = 8
_LOG = logging.getLogger("dashboard")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped: 0 after SIGTERM or SIGINT, 2 when a person must mend something (said in one line)."""
    command_line = parser("python -m dashboard", "The page and the HTTP interface of Lumos.")
    try:
        settings = load(read_arguments(command_line, argv))
        serve(settings)
    except LumosError as error:
        print(f"lumos dashboard: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks to its user
        return 2
    return 0


def serve(settings: Settings) -> None:
    """Serve on the host and port of the settings. Raises PortTakenError, SettingError or another LumosError."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listener = listen(settings.host, settings.port)
    from waitress.server import create_server

    from dashboard.app import create_app

    app = create_app(settings)
    server = create_server(app.server, sockets=[listener], threads=_THREADS, ident="lumos")
    _stop_on_signals()
    _LOG.info("listening on http://%s:%d", settings.host, settings.port)
    server.run()


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


def _stop_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> Any:
        # waitress would wait for requests under way; the browser asks again in a second anyway.
        logging.shutdown()
        os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
