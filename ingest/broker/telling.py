"""Tells boards what is safe in the database (`stored` in docs/contract.md), each at most once a second.

A board that has seen this keeps each sample until it is covered here, so it must never name a number that is not
committed. Used by the writer's thread alone, after a commit.
"""

from __future__ import annotations

import json
import time

from ingest.broker.subscriber import Subscriber
from ingest.numbering.numbers import BootNumbers, Numbers
from telemetry.topics import TopicKind, Topics

_PAUSE_SECONDS = 1.0
#: A board has at most a few boots under way: its own, and what it kept over restarts.
_BOOTS = 8


class Telling:
    """Who is to be told what."""

    def __init__(self, numbers: Numbers[BootNumbers], topics: Topics) -> None:
        self._numbers = numbers
        self._topics = topics
        #: The boots each device sent samples of lately (boot → device id).
        self._boots: dict[str, dict[str, int]] = {}
        self._due: set[str] = set()
        self._told: dict[str, float] = {}

    def note(self, device: str, boots: dict[str, int]) -> None:
        """Samples of these boots (boot → device id) were committed, or came again."""
        known = self._boots.setdefault(device, {})
        for boot, device_id in boots.items():
            known.pop(boot, None)  # the boots last heard of stand last
            known[boot] = device_id
        while len(known) > _BOOTS:
            del known[next(iter(known))]
        self._due.add(device)

    def forget(self, device: str) -> None:
        """A device was deleted: it is told nothing more."""
        self._boots.pop(device, None)
        self._told.pop(device, None)
        self._due.discard(device)

    def publish(self, subscriber: Subscriber) -> None:
        """Tell whom it is time to tell."""
        now = time.monotonic()
        for device in [name for name in self._due if now - self._told.get(name, 0.0) >= _PAUSE_SECONDS]:
            safe = {
                boot: self._numbers.of((device_id, boot)).covered() for boot, device_id in self._boots[device].items()
            }
            payload = json.dumps({boot: last for boot, last in safe.items() if last >= 0}).encode()
            if subscriber.publish(self._topics.of(device, TopicKind.STORED), payload, retain=True):
                self._due.remove(device)
                self._told[device] = now
