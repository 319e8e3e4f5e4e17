"""What the broker delivered and the writer has not taken yet: bounded in bytes, so that memory is.

When it is full the broker's thread waits, which keeps the socket unread and makes the broker wait in turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

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
        self._oldest = 0.0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Hand a message over; waits while the inbox is full."""
        with self._changed:
            self._changed.wait_for(lambda: self._bytes < self._limit_bytes or self._closed)
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
                future.cancel()
                return future
            self._tasks.append((task, future))
            self._changed.notify_all()
        return future

    def take(self, idle_seconds: float) -> tuple[list[Message], list[Task]]:
        """All messages that wait, as soon as the oldest has waited long enough or a window is full; and all tasks.

        A window is what a broker hands over before it wants acknowledgements: waiting any longer gains nothing. Nothing
        after `idle_seconds` without either, and at once when there is a task or the inbox is closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._tasks or self._closed, idle_seconds)
            if self._messages:
                left = self._oldest + self._wait_seconds - time.monotonic()
                self._changed.wait_for(
                    lambda: len(self._messages) >= self._window or self._tasks or self._closed, max(left, 0)
                )
            messages, self._messages, self._bytes = self._messages, [], 0
            tasks, self._tasks = self._tasks, []
            self._changed.notify_all()
            return messages, tasks

    def close(self) -> None:
        """Nobody waits any longer; what is in it can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def lag_seconds(self) -> float:
        """How long the oldest message has waited; 0 when none does."""
        with self._changed:
            return time.monotonic() - self._oldest if self._messages else 0.0
