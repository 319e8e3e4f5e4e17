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
    assert HELD <= found["flood"] <= HELD + LIMIT

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


def test_what_carries_no_time_is_limited_once_the_queue_of_an_outage_must_be_through() -> None:
    limits, connected = Limits(LIMIT), now_us()
    assert all(limits.admits("a", 1, connected + n, None) for n in range(2_000))
    later = connected + 601 * US_PER_SECOND
    admitted = [limits.admits("a", 1, later + n, None) for n in range(2_000)]
    assert sum(admitted) == HELD
    assert limits.admits("b", 1, later, None)
    assert limits.to_tell("a", later) == 2_000 - HELD
    assert limits.to_tell("a", later + 1) == 0
    assert all(limits.admits("a", 2, later + n, None) for n in range(10))  # after a reconnect


def test_without_a_limit_everything_is_admitted() -> None:
    limits = Limits(0)
    assert all(limits.admits("a", 1, 0, 0) for _ in range(5_000))
