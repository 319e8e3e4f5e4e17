"""Messages without numbers whose acknowledgement the broker may not have heard of, so that each counts once.

A sketch of somebody's own, or a bridge, numbers nothing: only the broker's word tells that a message came before. So
the hash of its topic and payload is committed with its readings, and a message that the broker flags as a duplicate is
looked for among these. Never more than the newest messages that a broker can have under way are kept, in memory and
in the store, and never is a message taken for a duplicate that the broker did not flag.

Two messages may say the same, a door that is opened twice. The packet id tells them apart, since a broker gives a
message its old one again. Only a broker that was started anew may give another (NATS does), which shows in an id that
another message had just now: then the hash alone decides, among the messages of the moments before, and each of those
matches once.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import deque

import duckdb

from ingest.broker.inbox import Message
from telemetry.timestamps import US_PER_SECOND

#: More than a broker has under way at once: 20 for Mosquitto, 10,000 for the embedded one (launcher.embedded_broker).
_KEPT_DELIVERIES = 16_384
_PACKET_IDS = 65_535
#: An acknowledgement is sent at once after a commit; by then the broker has heard of it, or the connection is gone.
_UNHEARD_US = 5 * US_PER_SECOND

#: As the table has them: hash, packet id, the one it was stored under before where it was, delivery, moment.
Row = tuple[int, int, int | None, int, int]


class Unacknowledged:
    """The newest messages without numbers, by packet id. Used by the writer's thread alone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        #: Packet id → number of the last delivery under it, of any kind of message.
        self._delivered_at = array("q", [0]) * (_PACKET_IDS + 1)
        #: Packet id → hash and moment of a message without numbers; in force while its delivery is a recent one.
        self._kept: dict[int, tuple[int, int]] = {}
        #: What was kept when the broker began to count anew: hash → packet ids. And the same as (number of the
        #: delivery, hash, packet id), the oldest first, of which some may have been matched.
        self._before: dict[int, deque[int]] = {}
        self._before_order: deque[tuple[int, int, int]] = deque()
        self._deliveries = 0
        #: Deliveries up to this one are long past, or from before the broker counted anew.
        self._past = 0
        self._newest_mid = 0
        self._newest_us = 0
        self.reload()

    def reload(self) -> None:
        """Read them again: the store knows what is true."""
        self._kept.clear()
        self._before.clear()
        self._before_order.clear()
        self._delivered_at = array("q", [0]) * (_PACKET_IDS + 1)
        self._deliveries = self._past = self._newest_mid = self._newest_us = 0
        rows: list[Row] = self._connection.execute(
            "SELECT message_hash, mid, mid_before, delivery, stored_us FROM unacknowledged ORDER BY delivery"
        ).fetchall()
        for hashed, mid, mid_before, delivery, stored_us in rows:
            self._deliveries = delivery
            if mid_before is None:
                self._expect(mid)
            elif not self._forget_before(hashed, mid_before):
                self._kept.pop(mid_before, None)
            self._keep(mid, hashed, stored_us)

    def delivered(self, message: Message) -> None:
        """Note a message of any kind, before it is taken."""
        self._deliveries += 1
        if not message.duplicate:
            mid = message.mid
            self._expect(mid)
            self._delivered_at[mid] = self._deliveries
            if mid in self._kept:
                del self._kept[mid]

    def take(self, message: Message) -> tuple[bool, Row]:
        """Whether a message without numbers is new, and the row that says that it is stored."""
        hashed = _hash(message)
        before = self._find(hashed, message.mid) if message.duplicate else None
        self._keep(message.mid, hashed, message.arrived_us)
        return before is None, (hashed, message.mid, before, self._deliveries, message.arrived_us)

    def trim(self) -> None:
        """Let go what no broker can have under way any more. Only between two transactions."""
        oldest = self._deliveries - _KEPT_DELIVERIES
        self._past = max(self._past, oldest)
        while self._before_order and self._before_order[0][0] <= oldest:
            _, hashed, mid = self._before_order.popleft()
            self._forget_before(hashed, mid)

    def shorten(self) -> None:
        """The same in the store, once in a while."""
        self._kept = {mid: kept for mid, kept in self._kept.items() if self._is_recent(mid)}
        oldest = self._deliveries - _KEPT_DELIVERIES
        self._connection.execute("DELETE FROM unacknowledged WHERE delivery <= $1", [oldest])

    def _is_recent(self, mid: int) -> bool:
        """Whether a message under this id may still be under way."""
        return self._delivered_at[mid] > self._past

    def _find(self, hashed: int, mid: int) -> int | None:
        """The packet id under which a duplicate was stored, None when it was not."""
        if self._is_recent(mid) and mid in self._kept and self._kept[mid][0] == hashed:
            return mid
        self._expect(mid)
        same = self._before.get(hashed)
        if not same:
            return None
        before = mid if mid in same else same[0]
        self._forget_before(hashed, before)
        return before

    def _expect(self, mid: int) -> None:
        """An id for another message than those before: does it show that the broker counts anew?"""
        ahead = (mid - self._newest_mid + _KEPT_DELIVERIES) % _PACKET_IDS
        if self._is_recent(mid) or ahead > 2 * _KEPT_DELIVERIES:
            for known, (hashed, moment) in self._kept.items():
                if self._is_recent(known) and moment >= self._newest_us - _UNHEARD_US:
                    self._before.setdefault(hashed, deque()).append(known)
                    self._before_order.append((self._deliveries, hashed, known))
            self._kept.clear()
            self._past = self._deliveries - 1
        self._newest_mid = mid

    def _keep(self, mid: int, hashed: int, moment: int) -> None:
        self._delivered_at[mid] = self._deliveries
        self._kept[mid] = (hashed, moment)
        self._newest_us = max(self._newest_us, moment)

    def _forget_before(self, hashed: int, mid: int) -> bool:
        """Whether a message was among those from before the broker counted anew; it is no more."""
        same = self._before.get(hashed, deque())
        if mid not in same:
            return False
        same.remove(mid)
        if not same:
            del self._before[hashed]
        return True


def _hash(message: Message) -> int:
    said = b"%b\0%b" % (message.topic.encode(), message.payload)
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest())
