"""What one topic may bring: a board that sends a thousand messages a second must not fill everybody's disk.

A bucket for each topic: it holds what ten seconds may bring, and fills at the pace that the setting allows, by the
host's clock. What comes late is no flood, however fast it comes: a sample of the past fills the bucket by the time that
passed since the one before it, as its own clock has it. That is the sender's word, so it counts once for each stretch
of time, and only for one in which the topic was not heard. What has no time of its own may have waited at the broker:
of that, after a connection, as much passes as the time away could bring, until something shows that the broker's queue
is through. Used by the writer's thread alone.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND

_HELD_SECONDS = 10
_REPORT_US = US_PER_MINUTE
_TOPICS = 10_000
#: A sample that is older than this is of the past; a topic that brings none of the present for so long was not heard.
#: No more than a bucket holds, so that what waited for a shorter time fits into one.
_LIVE_US = _HELD_SECONDS * US_PER_SECOND
#: One that is further ahead is believed where the host's own clock is behind (docs/contract.md).
_BEHIND_US = 10 * US_PER_MINUTE
#: The past begins here at the earliest.
_OLDEST_US = 400 * US_PER_DAY
#: What a topic brings of a stretch that it was not heard in begins so soon after it is heard again.
_PAST_BEGINS_US = US_PER_HOUR
#: A topic that was never heard in the present may begin so often once more with an earlier time: a clock was set back,
#: or what another start of the board had kept comes after the newest.
_SETBACK_US = US_PER_HOUR
#: The broker's queue is through at the latest by then; and when some topic's own times went by as fast as the host's
#: did, for so long.
_QUEUE_US = 10 * US_PER_MINUTE
_PACE_US = 2 * US_PER_SECOND


@dataclass(slots=True)
class _Bucket:
    left: float
    #: By the host's clock: up to when it was filled, when it brought something of the present last, and something past.
    at_us: int
    live_us: int = 0
    past_us: int = 0
    #: By its own: up to where the past has counted, None before there was any; and when it was last set back.
    reached_us: int | None = None
    setback_us: int = 0
    #: Of this connection: what may still come out of the broker's queue, and where its pace is measured from.
    connection: int = -1
    queued: float = 0.0
    pace: tuple[int, int] = (0, 0)
    #: Messages that were left out and not told yet, and when it was told last.
    left_out: int = 0
    told_us: int = 0


class Limits:
    """`per_second` messages a second for each topic; 0 for no limit. `since_us`: when something was last heard."""

    def __init__(self, per_second: int, since_us: int = 0) -> None:
        self._per_second = per_second
        self._most = float(per_second * _HELD_SECONDS)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._connection = -1
        self._connected_us = 0
        self._heard_us = since_us
        #: What one topic may have had waiting at the broker, and whether some of it may still come.
        self._queued = 0.0
        self._is_queued = False

    def admits(self, topic: str, connection: int, arrived_us: int, own_us: int | None) -> bool:
        """Whether a message may be stored; `own_us` is the time that it carries itself."""
        if not self._per_second:
            return True
        if connection != self._connection:
            self._connect(connection, arrived_us)
        self._heard_us = arrived_us
        bucket = self._buckets.get(topic)
        if bucket is None or bucket.connection != connection:
            bucket = self._bucket(topic, arrived_us)
        passed_us = arrived_us - bucket.at_us
        bucket.at_us = arrived_us
        if own_us is not None:
            if self._is_queued:
                self._watch_pace(bucket, arrived_us, own_us)
            own_passed_us = _passed_us(bucket, arrived_us, own_us)
            passed_us = max(passed_us, own_passed_us)
        left = bucket.left
        if passed_us > 0:  # a host's clock that was set back counts from there
            left = min(self._most, left + passed_us * self._per_second / US_PER_SECOND)
        if left >= 1:
            bucket.left = left - 1
            return True
        bucket.left = left
        if own_us is None and bucket.queued >= 1 and self._may_be_queued(arrived_us):
            bucket.queued -= 1
            return True
        bucket.left_out += 1
        return False

    def to_tell(self, topic: str, arrived_us: int) -> int:
        """How many messages of a topic were left out, if it is time to say so; counted from there."""
        bucket = self._buckets.get(topic)
        if bucket is None or not bucket.left_out or 0 <= arrived_us - bucket.told_us < _REPORT_US:
            return 0
        count, bucket.left_out, bucket.told_us = bucket.left_out, 0, arrived_us
        return count

    def _connect(self, connection: int, arrived_us: int) -> None:
        self._connection, self._connected_us, self._is_queued = connection, arrived_us, True
        # Nobody knows for how long a store that is empty, or newer than the host's clock, was away.
        away_us = arrived_us - self._heard_us if 0 < self._heard_us <= arrived_us else _OLDEST_US
        self._queued = away_us * self._per_second / US_PER_SECOND

    def _bucket(self, topic: str, arrived_us: int) -> _Bucket:
        bucket = self._buckets.get(topic)
        if bucket is None:
            bucket = self._buckets[topic] = _Bucket(self._most, arrived_us)
            if len(self._buckets) > _TOPICS:
                self._buckets.popitem(last=False)
        if bucket.connection != self._connection:
            bucket.connection, bucket.queued, bucket.pace = self._connection, self._queued, (0, 0)
        return bucket

    def _watch_pace(self, bucket: _Bucket, arrived_us: int, own_us: int) -> None:
        """A queue comes faster than its messages were made: what comes as they are made has none before it."""
        arrived_before, own_before = bucket.pace
        passed_us = arrived_us - arrived_before
        if passed_us < _PACE_US and arrived_before:
            return
        if arrived_before and passed_us <= 2 * (own_us - own_before) <= 4 * passed_us:
            self._is_queued = False
        bucket.pace = arrived_us, own_us

    def _may_be_queued(self, arrived_us: int) -> bool:
        self._is_queued = self._is_queued and 0 <= arrived_us - self._connected_us < _QUEUE_US
        return self._is_queued


def _passed_us(bucket: _Bucket, arrived_us: int, own_us: int) -> int:
    """How much of the time before it a message brings that its topic has not told of yet."""
    if arrived_us - _LIVE_US <= own_us <= arrived_us + _BEHIND_US:
        before_us, own_us = bucket.reached_us, min(own_us, arrived_us + _LIVE_US)  # a clock may be somewhat ahead
        follows = before_us is not None and 0 <= own_us - before_us <= _LIVE_US
        if 0 <= arrived_us - bucket.live_us <= _LIVE_US and 0 <= arrived_us - bucket.past_us < _PAST_BEGINS_US:
            bucket.live_us = arrived_us  # as nearly always
        else:
            _heard_live(bucket, arrived_us, follows=follows)
        if before_us is None or not follows:
            return 0
        bucket.reached_us = own_us  # the end of what it kept, or of what waited
        return own_us - before_us
    bucket.past_us = arrived_us
    reached_us = own_us if bucket.reached_us is None else bucket.reached_us
    is_unheard = not bucket.live_us
    if is_unheard and own_us < reached_us - _LIVE_US and not 0 <= arrived_us - bucket.setback_us < _SETBACK_US:
        bucket.setback_us, reached_us = arrived_us, own_us
    bucket.reached_us = max(reached_us, own_us)
    return max(0, bucket.reached_us - max(reached_us, arrived_us - _OLDEST_US))


def _heard_live(bucket: _Bucket, arrived_us: int, *, follows: bool) -> None:
    """Something of the present: the past was told of, but for the time in which the topic was not heard.

    `follows`: it comes right after what the topic told of the past, so that time has been told of too.
    """
    before_us, bucket.live_us = bucket.live_us, arrived_us
    if not before_us:
        bucket.past_us = arrived_us  # what it kept from before may still follow
        return
    is_away = arrived_us - before_us > _LIVE_US
    is_over = not 0 <= arrived_us - bucket.past_us < _PAST_BEGINS_US
    reached_us = bucket.reached_us
    if is_away and not follows:
        bucket.past_us = arrived_us
        bucket.reached_us = before_us if is_over or reached_us is None else min(reached_us, before_us)
    elif is_over:
        bucket.reached_us = arrived_us
