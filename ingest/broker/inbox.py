"""What the broker delivered and the writer has not taken yet: bounded in bytes, so that memory is.

When it is full the broker's thread waits, which keeps the socket unread and makes the broker wait in turn. What the
writer has in hand counts until it comes back for more, so a database that refuses makes the broker wait too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from telemetry.errors import StoreUnavailableError
from telemetry.timestamps import US_PER_SECOND, now_us
from telemetry.topics import TopicKind

#: What a message costs besides its payload and topic.
_OVERHEAD_BYTES = 400
#: Most messages, and bytes of them, in one batch. More would gain nothing and keep the broker waiting; and decoded, a
#: batch takes about twenty times its bytes.
_BATCH = 4_096
_BATCH_BYTES = 1_000_000
#: So many messages and then none for a while: a broker with a small window waits for acknowledgements.
_BURST = 8
_BURST_ENDS_SECONDS = 0.005


class Message(NamedTuple):
    """One delivery. `connection` numbers the connection it came on: its acknowledgement dies with that.

    A named tuple, because one is made for every message.
    """

    topic: str
    payload: bytes
    mid: int
    qos: int
    duplicate: bool
    retained: bool
    connection: int
    arrived_us: int


#: Somebody waits for these: what a board made of a command.
_URGENT = f"/{TopicKind.ACK}"

#: Something the writer's thread is asked to do, and where its result goes.
Task = tuple[Callable[[], Any], "Future[Any]"]


class Inbox:
    """Messages, and tasks of other threads, on their way to the writer's thread."""

    def __init__(self, limit_bytes: int, window: int, wait_seconds: float) -> None:
        self._limit_bytes = limit_bytes
        self._window = window
        self._wait_seconds = wait_seconds
        self._messages: list[Message] = []
        self._urgent = False
        self._tasks: list[Task] = []
        self._bytes = 0
        self._bytes_in_hand = 0
        self._in_hand = 0
        self._in_hand_us: int | None = None
        self._taken = 0.0
        self._taken_last = time.monotonic()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, messages: Sequence[Message]) -> None:
        """Hand messages over; waits while the inbox is full. A closed one takes nothing: the broker keeps it."""
        with self._changed:
            while self._bytes + self._bytes_in_hand >= self._limit_bytes and not self._closed:
                self._changed.wait()
            if self._closed:
                return
            self._messages += messages
            self._bytes += _cost(messages)
            self._urgent = self._urgent or any(message.topic.endswith(_URGENT) for message in messages)
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
        """The messages that wait, as far as one batch takes them, and all tasks; what was taken before is done with.

        A message that comes after a pause is given at once, those that follow together, once in `wait_seconds`, or as
        soon as a window is full, or a burst has ended: that is when a broker has handed over what it does before it
        wants acknowledgements, so waiting any longer gains nothing. What somebody waits for is given at once, with all
        that is there. Nothing after `idle_seconds` without either; a
        task, or the end, waits for nothing.
        """
        with self._changed:
            self._taken_last = time.monotonic()
            self._bytes_in_hand, self._in_hand, self._in_hand_us = 0, 0, None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._messages or self._tasks or self._closed, idle_seconds)
            if self._messages:
                self._wait_for_more(self._taken + self._wait_seconds)
                self._taken, self._urgent = time.monotonic(), False
                self._in_hand_us = self._messages[0].arrived_us
            count = _fitting(self._messages)
            messages, self._messages = self._messages[:count], self._messages[count:]
            self._bytes_in_hand, self._in_hand = _cost(messages), len(messages)
            self._bytes -= self._bytes_in_hand
            tasks, self._tasks = self._tasks, []
            return messages, tasks

    @property
    def untouched_seconds(self) -> float:
        """How long ago the writer came for more: at most its idle time, unless it is at work, or stuck."""
        return time.monotonic() - self._taken_last

    def _wait_for_more(self, deadline: float) -> None:
        while len(self._messages) < self._window and not (self._tasks or self._urgent or self._closed):
            left = deadline - time.monotonic()
            still = left if len(self._messages) < _BURST else min(left, _BURST_ENDS_SECONDS)
            if left <= 0 or not self._changed.wait(still):
                return

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
    def waiting(self) -> tuple[int, int]:
        """How many messages are not stored yet, those in hand among them, and the bytes of memory they take."""
        with self._changed:
            return len(self._messages) + self._in_hand, self._bytes + self._bytes_in_hand

    @property
    def limit_bytes(self) -> int:
        """From so many bytes on the broker has to wait."""
        return self._limit_bytes

    @property
    def lag_seconds(self) -> float:
        """How long the oldest message that is not stored has waited; 0 when none does."""
        with self._changed:
            oldest_us = self._in_hand_us
            if oldest_us is None and self._messages:
                oldest_us = self._messages[0].arrived_us
            return 0.0 if oldest_us is None else max(0.0, (now_us() - oldest_us) / US_PER_SECOND)


def _fitting(messages: Sequence[Message]) -> int:
    """How many of the first messages make one batch: one at least."""
    count = size = 0
    for message in messages:
        size += len(message.payload)
        if count == _BATCH or (count and size > _BATCH_BYTES):
            break
        count += 1
    return count


def _cost(messages: Sequence[Message]) -> int:
    """What messages take in memory, in bytes."""
    return sum([len(m.payload) + len(m.topic) for m in messages]) + _OVERHEAD_BYTES * len(messages)


def _stopping() -> StoreUnavailableError:
    return StoreUnavailableError("ingest is stopping: ask again when it is back")
