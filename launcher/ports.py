"""Is a port free, and which one to take instead. Nothing here listens for longer than the question takes."""

from __future__ import annotations

import socket

from telemetry.errors import PortTakenError


def is_free(host: str, port: int) -> bool:
    """Whether one could listen on (host, port) now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free, one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def any_free(host: str) -> int:
    """A port that is free on `host` at this moment, chosen by the system."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def choose(host: str, port: int, what: str, flag: str, *, explicit: bool) -> tuple[int, str | None]:
    """`(port, note)`: the wished port, or a free one and the sentence that says so when a default is taken.

    Raises PortTakenError when somebody asked for just this port.
    """
    if is_free(host, port):
        return port, None
    if explicit:
        raise PortTakenError(
            f"port {port} for the {what} is in use on {host}: stop what listens there, or choose another with {flag}"
        )
    other = any_free(host)
    return other, f"port {port} is in use by something else, so the {what} listens on {other}"
