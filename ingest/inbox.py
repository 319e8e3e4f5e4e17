"""What the broker delivered and the writer has not taken yet: bounded in bytes, so that memory is.

When it is full the broker's thread waits, which keeps the socket unread and makes the broker wait in turn. What the
writer has in hand counts until it comes back for more, so a database that refuses makes the broker wait too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from telemetry.errors import StoreUnavailableError

#: What a message costs besides its payload and topic.
_OVERHEAD_BYTES = 400


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery. `connection` numbers the connection it came on: its acknowledgement dies with that."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    duplicate: bool
    retained: bool
    connection: int
    arrived_us: int

    @property
    def cost(self) -> int:
        return len(self.payload) + len(self.topic) + _OVERHEAD_BYTES


#: Something the writer's thread is asked to do, and where its result goes.
Task = tuple[Callable[[], Any], "Future[Any]"]


class Inbox:
    """Messages, and tasks of other threads, on their way to the writer's thread."""

    def __init__(self, limit_bytes: int, window: int, wait_seconds: float) -> None:
        self._limit_bytes = limit_bytes
        self._window = window
        self._wait_seconds = wait_seconds
        self._messages: list[Message] = []
        self._tasks: list[Task] = []
        self._bytes = 0
        self._bytes_in_hand = 0
        self._oldest = 0.0
        self._oldest_in_hand: float | None = None
        self._taken = 0.0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Hand a message over; waits while the inbox is full. A closed one takes nothing: the broker keeps it."""
        with self._changed:
            self._changed.wait_for(lambda: self._bytes + self._bytes_in_hand < self._limit_bytes or self._closed)
            if self._closed:
                return
            if not self._messages:
                self._oldest = time.monotonic()
                self._changed.notify_all()
            self._messages.append(message)
            self._bytes += message.cost
            if len(self._messages) == self._window:
                self._changed.notify_all()

    def ask(self, task: Callable[[], Any]) -> Future[Any]:
        """Have the writer's thread do something between two batches; its result, or what it raised."""
        future: Future[Any] = Future()
        with self._changed:
            if self._closed:
                future.set_exception(_stopping())
            else:
                self._tasks.append((task, future))
                self._changed.notify_all()
        return future

    def take(self, idle_seconds: float) -> tuple[list[Message], list[Task]]:
        """All messages that wait, and all tasks; what was taken before is done with.

        A message that comes after a pause is given at once, those that follow together, once in `wait_seconds`, or as
        soon as a window is full: that is what a broker hands over before it wants acknowledgements, so waiting any
        longer gains nothing. Nothing after `idle_seconds` without either; a task, or the end, waits for nothing.
        """
        with self._changed:
            self._bytes_in_hand, self._oldest_in_hand = 0, None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._messages or self._tasks or self._closed, idle_seconds)
            if self._messages:
                left = self._taken + self._wait_seconds - time.monotonic()
                self._changed.wait_for(
                    lambda: len(self._messages) >= self._window or self._tasks or self._closed, max(left, 0)
                )
                self._taken = time.monotonic()
                self._oldest_in_hand = self._oldest
            messages, self._messages = self._messages, []
            self._bytes_in_hand, self._bytes = self._bytes, 0
            tasks, self._tasks = self._tasks, []
            return messages, tasks

    def close(self) -> None:
        """Nobody waits any longer; what is in it can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_closed(self, seconds: float) -> bool:
        """Wait until the inbox is closed, at most so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, seconds)

    def abandon(self) -> None:
        """Close, and tell whoever still waits for a task that nobody will do it."""
        self.close()
        with self._changed:
            tasks, self._tasks = self._tasks, []
        for _, future in tasks:
            future.set_exception(_stopping())

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def lag_seconds(self) -> float:
        """How long the oldest message that is not stored has waited; 0 when none does."""
        with self._changed:
            oldest = self._oldest_in_hand
            if oldest is None and self._messages:
                oldest = self._oldest
            return 0.0 if oldest is None else time.monotonic() - oldest


def _stopping() -> StoreUnavailableError:
    return StoreUnavailableError("ingest is stopping: ask again when it is back")
