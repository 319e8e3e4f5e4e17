"""What the dashboard itself has been doing: requests by outcome, and from how many clients lately.

Counted by Flask's own hooks, in memory alone; it knows addresses for a minute and nothing else of anybody.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

import flask

from telemetry.timestamps import now_us

_LATELY_SECONDS = 60.0
_REMEMBERED = 10_000


@dataclass
class Activity:
    """Counts since `started_us`; threads may share it."""

    started_us: int = field(default_factory=now_us)
    #: Answers by class of status: `2xx`, `3xx`, `4xx`, `5xx`.
    answers: Counter[str] = field(default_factory=Counter)
    _clients: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def install(self, server: flask.Flask) -> None:
        """Count what a server answers."""

        @server.after_request
        def note(response: flask.Response) -> flask.Response:
            request = flask.request
            self.note(response.status_code, (request.remote_addr or "", request.headers.get("User-Agent", "")[:200]))
            return response

    def note(self, status: int, client: tuple[str, str]) -> None:
        """A request of a client was answered."""
        with self._lock:
            self.answers[f"{status // 100}xx"] += 1
            self._clients.pop(client, None)
            self._clients[client] = time.monotonic()
            while len(self._clients) > _REMEMBERED:
                self._clients.popitem(last=False)

    def clients(self) -> int:
        """How many clients (an address and its program) asked for something within the last minute."""
        horizon = time.monotonic() - _LATELY_SECONDS
        with self._lock:
            return sum(seen >= horizon for seen in self._clients.values())
