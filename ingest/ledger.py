"""What the numbers in one batch tell: which samples are new, which come late, which a board gave up or lost.

Makes rows for `arrivals_tail` and `boots`, out of which `telemetry.questions.losses` counts. It decides, and writes
nothing itself; used by the writer's thread alone.
"""

from __future__ import annotations

import time
from typing import Any

from ingest.decoded import Numbering
from ingest.inbox import Message
from ingest.memory import Memory
from ingest.numbers import Boot, BootNumbers

_Rows = list[tuple[Any, ...]]


class Ledger:
    """The numbers of one batch."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.arrivals: _Rows = []
        self.boots: _Rows = []
        #: Where the last row of a boot stands in `arrivals`, for numbers in time and for late ones.
        self._last: dict[tuple[Boot, bool], int] = {}

    def arrived(self, device_id: int, boot: str, seq: int, t_us: int, message: Message) -> bool:
        """A sample came; whether it is new."""
        known = self._of(device_id, boot, message)
        late = seq <= known.latest
        if not known.add(seq):
            if not message.duplicate:
                known.sent_again(seq, message.connection, time.monotonic())
            return False
        place = self._last.get(((device_id, boot), late))
        if place is not None:
            _, _, first, last, from_us, to_us, *_ = self.arrivals[place]
            if last == seq - 1:
                span = (min(from_us, t_us), max(to_us, t_us))
                self.arrivals[place] = (device_id, boot, first, seq, *span, message.arrived_us, False, late)
                return True
        self._last[(device_id, boot), late] = len(self.arrivals)
        self.arrivals.append((device_id, boot, seq, seq, t_us, t_us, message.arrived_us, False, late))
        return True

    def arrived_unread(self, device_id: int, numbers: Numbering, message: Message) -> bool:
        """Samples came that cannot be read; whether any is new. Not counted, their board would send them for ever."""
        known, at_us = self._of(device_id, numbers.boot, message), message.arrived_us
        latest = known.latest
        parts = known.arrived.missing(numbers.first, numbers.last)
        for first, last in parts:
            known.add_span(first, last)
            if first <= latest:
                late = (first, min(last, latest))
                self.arrivals.append((device_id, numbers.boot, *late, at_us, at_us, at_us, False, True))
            if last > latest:
                in_time = (max(first, latest + 1), last)
                self.arrivals.append((device_id, numbers.boot, *in_time, at_us, at_us, at_us, False, False))
        return bool(parts)

    def given_up(self, device_id: int, dropped: tuple[str, int, int], t_us: int, message: Message) -> None:
        """A board says that it dropped samples (boot, from, to): what did not arrive of them will not."""
        boot, first, last = dropped
        new = self._of(device_id, boot, message).give_up(first, last)
        self.arrivals += [(device_id, boot, *span, t_us, t_us, message.arrived_us, True, False) for span in new]

    def ended(self, device_id: int, boot: str, last: int, message: Message) -> None:
        """A board says, after its next start, how far the boot before had come."""
        known = self._memory.numbers.of((device_id, boot))
        if last <= known.told:
            return
        known.told = last
        # A board that was first heard of after that start had a life before us, of which nothing is missing here.
        midway = not self._memory.has_numbers(device_id)
        self.boots.append((device_id, boot, message.arrived_us, last, midway))

    def _of(self, device_id: int, boot: str, message: Message) -> BootNumbers:
        if not self._memory.has_numbers(device_id):
            self._memory.numbers_came(device_id)
            self.boots.append((device_id, boot, message.arrived_us, None, True))
        return self._memory.numbers.of((device_id, boot))
