"""The dashboard as this machine itself reaches it: under which address, and whether it answers."""

from __future__ import annotations

import http.client

from telemetry.settings import Settings
from telemetry.tls import pinned

_SECONDS = 10


def answers(settings: Settings) -> bool:
    """Whether the dashboard gives any answer: also 503, while ingest is not there yet."""
    host, port = for_browsers(settings.host).strip("[]"), settings.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=pinned(settings))
        if settings.tls_certificate
        else http.client.HTTPConnection(host, port, timeout=_SECONDS)
    )
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def for_browsers(host: str) -> str:
    """The address a browser on this machine uses for a dashboard that listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
