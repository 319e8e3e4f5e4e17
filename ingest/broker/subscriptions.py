"""Which topics ingest's session at the broker reads, remembered on disk, since the session outlives this process.

A subscription that the sources no longer ask for would go on delivering, and one that overlaps a new one would deliver
twice on NATS. So what the session may hold is written down before it is asked for, and what it is no longer to hold is
given up at the next connect.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Sequence

from telemetry.datafolder import DataFolder


class Subscriptions:
    """The filters that the session may hold."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held = self._load()

    @contextlib.contextmanager
    def changing(self, wanted: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
        """`(filters to give up, filters to ask for)`; what is held afterwards is what is wanted."""
        with self._lock:
            gone = [text for text in self._held if text not in set(wanted)]
            fresh = [text for text in wanted if text not in set(self._held)]
            if fresh:
                self._keep([*gone, *wanted])
            yield gone, fresh
            if gone or fresh:
                self._keep(wanted)

    def _keep(self, filters: Sequence[str]) -> None:
        self._held = list(filters)
        self._folder.write_private(self._folder.subscriptions, json.dumps(self._held))

    def _load(self) -> list[str]:
        try:
            held = json.loads(self._folder.read_private_text(self._folder.subscriptions) or "[]")
        except ValueError:
            return []
        return [text for text in held if isinstance(text, str)] if isinstance(held, list) else []
