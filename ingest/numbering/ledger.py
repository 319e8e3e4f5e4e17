"""What the numbers in one batch tell: which samples are new, which come late, which a board gave up or lost.

Makes rows for `arrivals_tail` and `boots`, out of which `telemetry.questions.losses` counts. It decides, and writes
nothing itself; used by the writer's thread alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ingest.broker.inbox import Message
from ingest.decoding.decoded import Numbering, Sample
from ingest.memory import Memory
from ingest.numbering.numbers import Boot, BootNumbers


class Ledger:
    """The numbers of one batch."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.arrivals: list[Sequence[Any]] = []
        self.boots: list[Sequence[Any]] = []
        #: The rows that grow, the last of each boot: those of numbers in time, and those of late ones.
        self._growing: dict[tuple[Boot, bool], list[Any]] = {}
        self._key: Boot = (0, "")
        self._known = BootNumbers()

    def arrived(self, device_id: int, samples: Sequence[Sample], message: Message) -> list[Sample]:
        """Samples of one boot with consecutive numbers came; those that are new."""
        boot, first, last = samples[0].boot, samples[0].seq, samples[-1].seq
        assert boot is not None and first is not None and last is not None  # noqa: PT018, S101  (who calls looked)
        known = self._of(device_id, boot, message)
        latest = known.latest
        if not message.duplicate and first <= latest:
            known.sent_again(first, last, message.connection, time.monotonic())
        new: list[Sample] = []
        for start, end, late in _cut(known.add(first, last), latest):
            part = samples[start - first : end + 1 - first]
            times = [sample.t_us for sample in part]
            self._note(start, end, (min(times), max(times)), late, message)
            new += part
        return new

    def arrived_unread(self, device_id: int, numbers: Numbering, message: Message) -> bool:
        """Samples came that cannot be read; whether any is new. Not counted, their board would send them for ever."""
        known, at_us = self._of(device_id, numbers.boot, message), message.arrived_us
        latest = known.latest
        new = list(_cut(known.add(numbers.first, numbers.last), latest))
        for start, end, late in new:
            self._note(start, end, (at_us, at_us), late, message)
        return bool(new)

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

    def _note(self, first: int, last: int, times: tuple[int, int], late: bool, message: Message) -> None:
        """Make a row of new numbers, or let the last row grow."""
        row = self._growing.get((self._key, late))
        if row is not None and row[3] == first - 1:
            row[3:7] = last, min(row[4], times[0]), max(row[5], times[1]), message.arrived_us
            return
        row = self._growing[self._key, late] = [*self._key, first, last, *times, message.arrived_us, False, late]
        self.arrivals.append(row)

    def _of(self, device_id: int, boot: str, message: Message) -> BootNumbers:
        if self._key != (device_id, boot):
            if not self._memory.has_numbers(device_id):
                self._memory.numbers_came(device_id)
                self.boots.append((device_id, boot, message.arrived_us, None, True))
            self._key, self._known = (device_id, boot), self._memory.numbers.of((device_id, boot))
        return self._known


def _cut(spans: Iterable[tuple[int, int]], latest: int) -> Iterator[tuple[int, int, bool]]:
    """Spans of new numbers as (first, last, late): late up to the latest that was known of, in time from there on."""
    for first, last in spans:
        if first <= latest:
            yield first, min(last, latest), True
        if last > latest:
            yield max(first, latest + 1), last, False
