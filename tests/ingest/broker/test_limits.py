"""A board that floods is limited, told and counted, and nobody else notices; what was only late is no flood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingest.broker.limits import Limits
from telemetry.datafolder import DataFolder
from telemetry.questions.losses import losses
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_SECOND, now_us
from tests.harness.waiting import until
from tests.ingest.conftest import READINGS, Desk

T = 1_790_000_000_000
LIMIT = 20
#: What ten seconds may bring.
HELD = 10 * LIMIT


@pytest.fixture
def desk(settings: Settings, folder: DataFolder) -> Iterator[Desk]:
    made = Desk(replace(settings, message_limit=LIMIT), folder)
    yield made
    made.close()


def send(desk: Desk, device: str, count: int, every_ms: int) -> None:
    for seq in range(count):
        body = {"boot": "b", "seq": seq, "t": T + seq * every_ms, "light": seq}
        desk.hand(f"esp32/{device}/output", body)


def counts(desk: Desk) -> dict[str, int]:
    found: dict[str, int] = {}
    for device, *_ in desk.rows(READINGS):
        found[device] = found.get(device, 0) + 1
    return found


def test_a_flood_is_limited_and_told_and_others_are_unharmed(desk: Desk) -> None:
    for part in range(10):
        for seq in range(part * 100, part * 100 + 100):  # a thousand in a second
            desk.hand("esp32/flood/output", {"boot": "b", "seq": seq, "t": T + seq, "light": seq})
        desk.hand("esp32/calm/output", {"boot": "b", "seq": part, "t": T + part * 100, "light": part})
    found = counts(desk)
    assert found["calm"] == 10
    assert HELD <= found["flood"] <= HELD + 2 * LIMIT

    ledger = {row["device"]: row for row in desk.do(lambda: losses(desk.writer.connection)).to_pylist()}
    assert ledger["flood"]["received"] == found["flood"]
    assert ledger["flood"]["dropped"] == 1_000 - found["flood"]
    assert ledger["flood"]["missing"] == ledger["calm"]["dropped"] == 0
    ((event, value),) = desk.rows("SELECT event, value FROM events")
    assert event == "limited"
    assert json.loads(value) == {"topic": "esp32/flood/output", "messages": 1}
    # The board is told that these are done with: it must not send them for ever.
    last = ("esp32/flood/stored", b'{"b":999}')
    until(
        lambda: last in [(topic, payload.replace(b" ", b"")) for topic, payload in desk.broker.published], "that word"
    )
    assert len(desk.broker.acknowledged) == 1_010


def test_what_a_board_kept_in_an_outage_is_no_flood(desk: Desk) -> None:
    send(desk, "late", 3 * HELD, every_ms=1_000)
    assert counts(desk) == {"late": 3 * HELD}


def test_a_clock_that_is_set_back_does_not_silence_a_board(desk: Desk) -> None:
    send(desk, "window", 50, every_ms=1_000)
    for seq in range(50, 50 + 2 * HELD):
        body = {"boot": "b", "seq": seq, "t": T - 86_400_000 + seq * 1_000, "light": seq}
        desk.hand("esp32/window/output", body)
    assert counts(desk) == {"window": 50 + 2 * HELD}


NOW = now_us()


def admitted(
    limits: Limits, topic: str, count: int, *, start_us: int, own_us: int | None = None, step_us: int = 0, conn: int = 1
) -> int:
    """How many of so many messages, a millisecond apart, are admitted; the first one's own time, and its steps."""
    found = 0
    for n in range(count):
        moment = start_us + n * 1_000
        own = None if own_us is None else own_us + n * step_us
        if own is not None and moment > NOW and own > moment + 600 * US_PER_SECOND:
            own = None  # a clock that is wrong: the time of arrival counts
        found += limits.admits(topic, conn, moment, own)
    return found


def live(limits: Limits, topic: str, seconds: int, *, start_us: int) -> None:
    """A board that sends once a second, as it measures."""
    for n in range(seconds):
        moment = start_us + n * US_PER_SECOND
        assert limits.admits(topic, 1, moment, moment - 50_000)


def test_the_senders_own_times_do_not_let_a_flood_through() -> None:
    for step_us in (US_PER_SECOND, 60 * US_PER_SECOND, -61 * US_PER_SECOND):
        limits = Limits(LIMIT)
        live(limits, "a", 5, start_us=NOW)
        # Into the future, as far as a clock is believed, and over a past in which it was heard.
        first = admitted(limits, "a", 500, start_us=NOW + 5 * US_PER_SECOND, own_us=NOW, step_us=step_us)
        assert first <= HELD + 500 * LIMIT // 1_000 + LIMIT, step_us
    limits = Limits(LIMIT)
    live(limits, "a", 5, start_us=NOW)
    begun = NOW + 5 * US_PER_SECOND
    admitted(limits, "a", 2_000, start_us=begun, own_us=NOW - 3_600 * US_PER_SECOND, step_us=US_PER_SECOND)
    for lap in range(1, 5):  # the same hour again and again, and back and forth in it
        start_us = begun + lap * 2 * US_PER_SECOND
        found = admitted(
            limits, "a", 1_000, start_us=start_us, own_us=NOW - 3_600 * US_PER_SECOND, step_us=US_PER_SECOND
        )
        assert found <= HELD + 2 * LIMIT if lap == 1 else found <= 3 * LIMIT


def test_what_was_kept_in_an_outage_passes_also_when_the_newest_comes_in_between() -> None:
    limits = Limits(LIMIT)
    live(limits, "a", 5, start_us=NOW)
    back_us = NOW + 3_600 * US_PER_SECOND
    for n in range(3 * HELD):
        moment = back_us + n * 1_000
        assert limits.admits("a", 1, moment, NOW + (5 + n) * US_PER_SECOND)
        if n % 100 == 0:
            assert limits.admits("a", 1, moment, moment)


def test_what_waited_at_the_broker_passes_and_a_flood_in_it_does_not() -> None:
    limits = Limits(LIMIT, NOW - 3_600 * US_PER_SECOND)
    assert (
        admitted(limits, "timed", 3_000, start_us=NOW, own_us=NOW - 3_600 * US_PER_SECOND, step_us=US_PER_SECOND)
        == 3_000
    )
    assert admitted(limits, "untimed", 3_000, start_us=NOW) == 3_000
    flooded = admitted(limits, "flood", 3_000, start_us=NOW, own_us=NOW - 3_600 * US_PER_SECOND, step_us=1_000)
    assert HELD <= flooded <= HELD + 4 * LIMIT


@pytest.mark.parametrize("away_seconds", [5, 12, 40, 59, 61, 300])
@pytest.mark.parametrize("behind_seconds", [-5, 0, 15, 90])
def test_after_any_outage_what_a_busy_board_sent_meanwhile_passes(away_seconds: int, behind_seconds: int) -> None:
    """Its clock may be somewhat wrong, and it sends nearly as much as it may."""
    pace_us = round(US_PER_SECOND / (0.8 * LIMIT))
    for is_known in (True, False):
        limits = Limits(LIMIT, NOW)
        if is_known:
            for n in range(10 * LIMIT):
                assert limits.admits(
                    "a", 1, NOW - 20 * US_PER_SECOND + n * pace_us, NOW - 20 * US_PER_SECOND + n * pace_us
                )
        first_us = NOW - behind_seconds * US_PER_SECOND
        last_us = NOW + away_seconds * US_PER_SECOND
        count = away_seconds * US_PER_SECOND // pace_us
        assert sum(limits.admits("a", 2, last_us + n * 100, first_us + n * pace_us) for n in range(count)) == count
        live_us = last_us + count * 100  # and it goes on as before
        assert all(limits.admits("a", 2, live_us + n * pace_us, live_us + n * pace_us) for n in range(5 * LIMIT))


def test_what_carries_no_time_passes_as_far_as_the_time_away_could_bring_it() -> None:
    limits = Limits(LIMIT, NOW - 60 * US_PER_SECOND)
    found = admitted(limits, "a", 5_000, start_us=NOW)
    assert 60 * LIMIT + HELD <= found <= 66 * LIMIT + HELD
    again_us = NOW + 7 * US_PER_SECOND
    found = admitted(limits, "a", 5_000, start_us=again_us, conn=2)  # a reconnect at once opens nothing
    assert found <= 10 * LIMIT


def test_what_carries_no_time_is_limited_once_the_queue_is_through() -> None:
    limits = Limits(LIMIT)  # nobody knows for how long it was away
    assert admitted(limits, "a", 2_000, start_us=NOW) == 2_000
    later = NOW + 601 * US_PER_SECOND
    assert admitted(limits, "a", 2_000, start_us=later) <= HELD + 2 * LIMIT
    assert limits.admits("b", 1, later, None)
    assert limits.to_tell("a", later) >= 2_000 - HELD - 2 * LIMIT
    assert limits.to_tell("a", later + 1) == 0

    limits = Limits(LIMIT)
    assert admitted(limits, "a", 2_000, start_us=NOW) == 2_000
    for n in range(30):  # a neighbour that comes as it measures: nothing older is left; its clock may be wrong
        limits.admits("neighbour", 1, NOW + n * 100_000, NOW + n * 100_000 - 300 * US_PER_SECOND)
    assert admitted(limits, "a", 2_000, start_us=NOW + 3 * US_PER_SECOND) <= HELD + 2 * LIMIT

    limits = Limits(LIMIT)
    for n in range(100):  # of the queue itself: a minute of it in a second
        limits.admits("neighbour", 1, NOW + n * 50_000, NOW - 3_600 * US_PER_SECOND + n * 3 * US_PER_SECOND)
    assert admitted(limits, "a", 2_000, start_us=NOW + 5 * US_PER_SECOND) == 2_000


def test_a_host_without_a_clock_believes_what_waited() -> None:
    limits = Limits(LIMIT, NOW)
    assert admitted(limits, "a", 2_000, start_us=1_000_000, own_us=NOW, step_us=US_PER_SECOND) == 2_000
    assert admitted(limits, "b", 2_000, start_us=1_000_000) == 2_000


def test_without_a_limit_everything_is_admitted() -> None:
    limits = Limits(0)
    assert all(limits.admits("a", 1, 0, 0) for _ in range(5_000))
