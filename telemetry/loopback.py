"""The dashboard as this machine itself reaches it: under which address, and whether it answers."""

from __future__ import annotations

import http.client

from telemetry.settings import Settings
from telemetry.tls import pinned

_SECONDS = 10


def answers(settings: Settings) -> bool:
    """Whether the dashboard gives any answer: also 503, while ingest is not there yet."""
    return _health(settings) is not None


def healthy(settings: Settings) -> bool:
    """Whether ingest and the broker are there as well, so that what boards send is kept."""
    return _health(settings) == http.client.OK


def _health(settings: Settings) -> int | None:
    """The status of `/health`; None without an answer."""
    host, port = for_browsers(settings.host).strip("[]"), settings.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=pinned(settings))
        if settings.tls_certificate
        else http.client.HTTPConnection(host, port, timeout=_SECONDS)
    )
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer.status


def for_browsers(host: str) -> str:
    """The address a browser on this machine uses for a dashboard that listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
