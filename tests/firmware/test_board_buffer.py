"""Nothing is lost but what is counted, and nothing that is safe is sent again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware.board.buffer import PATIENCE_LIMIT_MS, PATIENCE_MS, Buffer


def filled(count: int, capacity: int = 100, stored_seen: bool = True) -> Buffer:
    buffer = Buffer(capacity, stored_seen)
    for number in range(count):
        buffer.add(number, None, f'"light":{number}')
    return buffer


def send_all(buffer: Buffer, now_ms: int = 0) -> list[int]:
    """Send whatever waits and let the broker acknowledge it; the numbers that went."""
    went: list[int] = []
    while run := buffer.backlog(40):
        buffer.departed(run)
        buffer.landed(run, now_ms)
        went += [sample.seq for sample in run]
    return went


def test_samples_are_numbered_from_zero() -> None:
    buffer = Buffer(10)
    assert [buffer.add(0, None, "").seq for _ in range(3)] == [0, 1, 2]


def test_without_the_hosts_word_the_brokers_acknowledgement_counts() -> None:
    buffer = filled(5, stored_seen=False)
    assert send_all(buffer) == [0, 1, 2, 3, 4]
    assert len(buffer) == 0


def test_with_the_hosts_word_a_sample_stays_until_it_is_covered() -> None:
    buffer = filled(5)
    send_all(buffer)
    assert len(buffer) == 5
    buffer.covered({"": 2})
    assert len(buffer) == 2
    buffer.disconnected()
    assert send_all(buffer) == [3, 4]


def test_a_first_word_from_the_host_ends_the_trust_in_the_broker() -> None:
    buffer = filled(2, stored_seen=False)
    buffer.covered({})
    send_all(buffer)
    assert len(buffer) == 2


def test_what_has_never_left_the_board_is_not_covered_by_anything() -> None:
    buffer = filled(3)
    buffer.covered({"": 1_000})
    assert len(buffer) == 3


def test_what_a_host_that_came_later_can_never_get_is_reported_so_that_it_does_not_wait_for_it() -> None:
    buffer = filled(4, stored_seen=False)
    send_all(buffer)
    buffer.add(4, None, "")
    buffer.covered({})  # a host that knows none of these
    buffer.send_overdue_again(0)
    buffer.send_overdue_again(PATIENCE_MS - 1)
    assert buffer.drop_report() is None
    buffer.send_overdue_again(PATIENCE_MS)
    report = buffer.drop_report()
    assert (report.first, report.seq) == (0, 3)


def test_what_was_only_on_its_way_to_the_host_is_not_reported() -> None:
    buffer = filled(4, stored_seen=False)
    send_all(buffer)
    buffer.covered({"": 1})
    buffer.send_overdue_again(0)
    buffer.covered({"": 3})
    buffer.send_overdue_again(PATIENCE_MS)
    buffer.send_overdue_again(3 * PATIENCE_MS)
    assert buffer.drop_report() is None


def test_what_is_not_covered_is_sent_again_after_a_while_and_then_less_and_less_often() -> None:
    buffer = filled(3)
    send_all(buffer, now_ms=0)
    buffer.send_overdue_again(PATIENCE_MS - 1)
    assert send_all(buffer) == []
    resent_at = []
    for now in range(0, 3_600_000, 1_000):
        buffer.send_overdue_again(now)
        if send_all(buffer, now):
            resent_at.append(now)
    pauses = [later - earlier for earlier, later in pairwise(resent_at)]
    assert resent_at[0] == PATIENCE_MS
    assert pauses == sorted(pauses)
    assert pauses[-1] == PATIENCE_LIMIT_MS


def test_the_hosts_word_makes_the_board_patient_for_thirty_seconds_again() -> None:
    buffer = filled(3)
    send_all(buffer, 0)
    buffer.send_overdue_again(PATIENCE_MS)
    send_all(buffer, PATIENCE_MS)
    buffer.covered({"": 0})
    buffer.send_overdue_again(2 * PATIENCE_MS)
    assert send_all(buffer, 2 * PATIENCE_MS) == [1, 2]


def test_a_full_buffer_drops_the_oldest_counts_it_and_reports_it_once_heard() -> None:
    buffer = filled(13, capacity=10)
    assert buffer.dropped == 3
    report = buffer.drop_report()
    assert (report.first, report.seq, report.count) == (0, 2, 3)
    buffer.departed([report])
    assert buffer.drop_report() is None
    buffer.landed([report], 0)
    send_all(buffer)
    buffer.covered({"": 2})
    assert buffer.drop_report() is None
    buffer.add(99, None, "")
    later = buffer.drop_report()
    assert (later.first, later.seq, later.count) == (3, 3, 1)


def test_a_report_that_was_not_heard_is_made_again_after_a_reconnect() -> None:
    buffer = filled(12, capacity=10)
    report = buffer.drop_report()
    buffer.departed([report])
    buffer.landed([report], 0)
    buffer.disconnected()
    assert buffer.drop_report() is report


def test_a_batch_holds_consecutive_numbers_only() -> None:
    buffer = filled(6, stored_seen=False)
    middle = buffer.backlog(6)[2:4]
    buffer.departed(middle)
    buffer.landed(middle, 0)
    assert [sample.seq for sample in buffer.backlog(40)] == [0, 1]


def test_the_newest_goes_beside_the_backlog() -> None:
    buffer = filled(5)
    newest = buffer.live()
    assert newest.seq == 4
    buffer.departed([newest])
    assert buffer.live() is None
    assert [sample.seq for sample in buffer.backlog(40)] == [0, 1, 2, 3]


def test_a_drop_that_the_host_had_stored_all_the_same_is_taken_back() -> None:
    buffer = filled(3, capacity=3)
    send_all(buffer)
    buffer.add(3, None, "")
    assert buffer.dropped == 1
    buffer.covered({"": 2})
    assert buffer.dropped == 0
    assert buffer.drop_report() is None


def test_what_a_host_cannot_know_before_it_has_heard_of_a_drop_is_not_taken_for_lost() -> None:
    buffer = filled(2, capacity=1, stored_seen=False)
    send_all(buffer)  # number 1 is with the broker, and so with the host; 0 had to go
    buffer.covered({})  # it waits for 0
    report = buffer.drop_report()
    buffer.departed([report])
    for now in (60_000, 120_000):
        buffer.send_overdue_again(now)
    buffer.landed([report], 120_000)
    buffer.covered({"": 1})
    assert buffer.drop_report() is None
    assert buffer.dropped == 1


class AnyOutage(RuleBasedStateMachine):
    """Samples, sends, broker and host in any order; the host stores what it hears, the broker may forget."""

    @initialize(capacity=st.integers(1, 12), stored_seen=st.booleans())
    def begin(self, capacity: int, stored_seen: bool) -> None:
        self.buffer = Buffer(capacity, stored_seen)
        self.now = 0
        self.flying: list[list[Any]] = []
        self.at_host: set[int] = set()
        self.reported: dict[int, int] = {}  # last number reported as dropped: how many
        self.told = -1
        self.trusted_broker: set[int] = set()

    @rule(count=st.integers(1, 5))
    def sample(self, count: int) -> None:
        for _ in range(count):
            self.now += 1_000
            self.buffer.add(self.now, None, "")

    @rule(rows=st.integers(1, 5), live_first=st.booleans())
    def send(self, rows: int, live_first: bool) -> None:
        live = self.buffer.live() if live_first else None
        items = [live] if live is not None else self.buffer.backlog(rows)
        if items:
            assert all(item.seq > self.told or item.seq not in self.at_host for item in items), "repeated what is safe"
            self.buffer.departed(items)
            self.flying.append(items)

    @rule()
    def report(self) -> None:
        report = self.buffer.drop_report()
        if report is not None:
            assert report.seq > self.told
            self.buffer.departed([report])
            self.flying.append([report])

    @rule(forgets=st.booleans())
    def broker_acknowledges(self, forgets: bool) -> None:
        if self.flying:
            items = self.flying.pop(0)
            if not forgets or not self.buffer.stored_seen:
                self._arrive(items)
            self.buffer.landed(items, self.now)

    @rule(arrives=st.booleans())
    def link_breaks(self, arrives: bool) -> None:
        if self.flying and arrives:
            self._arrive(self.flying[0])  # it came through, its acknowledgement did not
        self.flying.clear()
        self.buffer.disconnected()

    @rule()
    def host_speaks(self) -> None:
        while self.told + 1 in self.at_host or self._was_reported(self.told + 1):
            self.told += 1
        self.buffer.covered({"": self.told} if self.told >= 0 else {})

    @rule()
    def time_passes(self) -> None:
        self.now += PATIENCE_LIMIT_MS
        self.buffer.send_overdue_again(self.now)

    def _arrive(self, items: list[Any]) -> None:
        for item in items:
            if hasattr(item, "count"):
                self.reported[item.seq] = item.count
                self.at_host.update(range(item.first, item.seq + 1))
            else:
                self.at_host.add(item.seq)

    def _was_reported(self, number: int) -> bool:
        return number in self.at_host

    @invariant()
    def every_number_is_kept_or_safe_or_counted(self) -> None:
        if not hasattr(self, "buffer"):
            return
        kept = {sample.seq for sample in self.buffer._kept}
        reports = [drop for drop in (self.buffer._drops.report, *self.buffer._drops._gaps) if drop is not None]
        for number in range(self.buffer.next_seq):
            assert (
                number in kept or number in self.at_host or any(drop.first <= number <= drop.seq for drop in reports)
            ), f"{number} is lost"
        assert len(kept) <= self.buffer.capacity
        waiting = sum(drop.count for drop in reports if drop.seq not in self.reported)
        assert sum(self.reported.values()) + waiting <= self.buffer.dropped

    def teardown(self) -> None:
        """After everything, one good connection brings the rest to the host."""
        if not hasattr(self, "buffer"):
            return
        self.flying.clear()
        self.buffer.disconnected()
        for _ in range(1_000):
            self.report()
            self.send(5, live_first=False)
            if not self.flying:
                break
            while self.flying:
                self.broker_acknowledges(forgets=False)
            self.host_speaks()
        assert self.at_host == set(range(self.buffer.next_seq))
        assert len(self.buffer) == 0


TestAnyOutage = AnyOutage.TestCase
TestAnyOutage.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOutage.pytestmark = [pytest.mark.timeout(60)]
