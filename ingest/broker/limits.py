"""What one topic may bring: a board that sends a thousand messages a second must not fill everybody's disk.

A bucket for each topic: it holds what ten seconds may bring, and fills at the pace that the setting allows, by the
times that the samples themselves carry. So what a board kept in an outage, or a broker in one of ingest's, is no flood,
however fast it comes; messages without times of their own pass in the first minutes of a connection for the same
reason. Used by the writer's thread alone.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from telemetry.timestamps import US_PER_MINUTE, US_PER_SECOND

_HELD_SECONDS = 10
_CATCH_UP_US = 10 * US_PER_MINUTE
_REPORT_US = US_PER_MINUTE
_TOPICS = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at_us: int
    #: Messages that were left out and not told yet, and when it was told last.
    left_out: int = 0
    told_us: int = 0


class Limits:
    """`per_second` messages a second for each topic; 0 for no limit."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._connection = -1
        self._connected_us = 0

    def admits(self, topic: str, connection: int, arrived_us: int, own_us: int | None) -> bool:
        """Whether a message may be stored; `own_us` is the time that it carries itself."""
        if not self._per_second:
            return True
        if connection != self._connection:
            self._connection, self._connected_us = connection, arrived_us
        if own_us is None and 0 <= arrived_us - self._connected_us < _CATCH_UP_US:
            return True
        now_us = arrived_us if own_us is None else own_us
        most = float(self._per_second * _HELD_SECONDS)
        bucket = self._buckets.get(topic)
        if bucket is None:
            bucket = self._buckets[topic] = _Bucket(most, now_us)
            if len(self._buckets) > _TOPICS:
                self._buckets.popitem(last=False)
        passed_us = now_us - bucket.at_us
        if passed_us > 0 or passed_us < -_REPORT_US:  # a clock that was set back counts from there
            bucket.left = min(most, bucket.left + max(passed_us, 0) * self._per_second / US_PER_SECOND)
            bucket.at_us = now_us
        if bucket.left < 1:
            bucket.left_out += 1
            return False
        bucket.left -= 1
        return True

    def to_tell(self, topic: str, arrived_us: int) -> int:
        """How many messages of a topic were left out, if it is time to say so; counted from there."""
        bucket = self._buckets.get(topic)
        if bucket is None or not bucket.left_out or 0 <= arrived_us - bucket.told_us < _REPORT_US:
            return 0
        count, bucket.left_out, bucket.told_us = bucket.left_out, 0, arrived_us
        return count
