"""Times are milliseconds since 1970, whatever the board's clock counts from."""

from __future__ import annotations

import pytest

from firmware.board.clock import Clock, to_unix_ms


class FakeHal:
    def __init__(self, epoch: int, wall_ms: int) -> None:
        self.epoch = epoch
        self.wall = wall_ms
        self.up = 0

    def epoch_year(self) -> int:
        return self.epoch

    def wall_ms(self) -> int:
        return self.wall

    def uptime_ms(self) -> int:
        return self.up


@pytest.mark.parametrize(
    ("board_ms", "epoch", "unix_ms"),
    [
        (0, 2000, 946_684_800_000),
        (848_749_806_123, 2000, 1_795_434_606_123),
        (1_795_434_606_123, 1970, 1_795_434_606_123),
    ],
)
def test_the_boards_epoch_becomes_the_contracts(board_ms: int, epoch: int, unix_ms: int) -> None:
    assert to_unix_ms(board_ms, epoch) == unix_ms


def test_a_time_is_an_int_from_birth_so_that_no_float_can_lose_seconds() -> None:
    now = Clock(FakeHal(2000, 848_749_806_123)).now_ms()
    assert now == 1_795_434_606_123
    assert isinstance(now, int)


@pytest.mark.parametrize("epoch", [1970, 2000])
def test_a_clock_that_counts_from_its_own_zero_is_no_clock(epoch: int) -> None:
    assert Clock(FakeHal(epoch, 5_000)).now_ms() is None


def test_a_moment_has_an_age_until_the_clock_is_set_and_then_its_time() -> None:
    hal = FakeHal(2000, 1_000)
    clock = Clock(hal)
    hal.up = 1_000
    uptime, t = clock.moment()
    assert t is None
    hal.up = 4_000
    assert clock.place(uptime, t) == (None, 3_000)
    hal.wall, hal.up = 848_749_806_123, 6_000
    assert clock.place(uptime, t) == (1_795_434_606_123 - 5_000, None)


def test_a_moment_that_had_a_time_keeps_it_when_the_clock_is_corrected() -> None:
    hal = FakeHal(1970, 1_795_434_606_123)
    clock = Clock(hal)
    uptime, t = clock.moment()
    hal.wall += 9_000_000
    assert clock.place(uptime, t) == (1_795_434_606_123, None)
