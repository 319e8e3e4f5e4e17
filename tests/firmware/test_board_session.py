"""What holds the session together: pauses that grow, and coroutines that end together."""

from __future__ import annotations

import asyncio

import pytest

from firmware.board.racing import race
from firmware.board.session import Pause
from firmware.simulator.standins import SimulatedHal


def test_pauses_begin_at_a_third_of_a_second_and_grow_to_half_a_minute(hal: SimulatedHal) -> None:
    pause = Pause(hal)
    pauses = [pause.next() for _ in range(30)]
    assert 0.2 <= pauses[0] <= 0.4
    assert sum(pauses[:4]) < 3.5
    assert all(22 <= late <= 38 for late in pauses[-5:])
    assert len(set(pauses[-5:])) > 1  # jitter: boards must not come back in step
    pause.reset()
    assert pause.next() <= 0.4


def test_when_one_ends_the_others_are_cancelled_and_its_error_is_raised() -> None:
    cancelled: list[str] = []

    async def endless(name: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(name)
            raise

    async def broken() -> None:
        await asyncio.sleep(0)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(race(endless("reader"), broken(), endless("keeper")))
    assert cancelled == ["reader", "keeper"]


def test_a_race_that_is_cancelled_while_it_ends_is_cancelled_for_good() -> None:
    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)

    async def life(after: list[str]) -> None:
        await race(slow_to_end(), asyncio.sleep(0))
        after.append("went on")

    async def main() -> list[str]:
        after: list[str] = []
        task = asyncio.create_task(life(after))
        await asyncio.sleep(0.02)  # the race is over and waits for the slow one
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return after

    assert asyncio.run(main()) == []
