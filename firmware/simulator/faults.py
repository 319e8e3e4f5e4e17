"""How a simulated board can be told to misbehave: a table of faults, each a coroutine that works on its stand-ins.

Adding one means adding a function and a row. A fault touches the hardware only, never the board's own state: what the
firmware makes of it is what is to be seen.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from firmware.simulator.standins import SimulatedHal

Span = tuple[float, float]
Fault = Callable[[SimulatedHal], Awaitable[None]]


async def wifi(hal: SimulatedHal, every: Span = (20, 60), lasts: Span = (3, 15)) -> None:
    """The network goes for some seconds now and then."""
    rng = _rng(hal)
    while True:
        await asyncio.sleep(rng.uniform(*every))
        hal.radio.cut()
        await asyncio.sleep(rng.uniform(*lasts))
        hal.radio.restore()


async def clock(hal: SimulatedHal, lost: Span = (10, 20), again: Span = (600, 1_800)) -> None:
    """No time server for the first seconds, now and again, and a clock that runs wrong by up to five in a thousand."""
    rng = _rng(hal)
    hal.clock_rate = 1 + rng.choice((-1, 1)) * rng.uniform(0.001, 0.005)
    while True:
        hal.clock_is_set = hal.clock_reachable = False
        await asyncio.sleep(rng.uniform(*lost))
        hal.clock_reachable = True
        await hal.sync_clock()
        await asyncio.sleep(rng.uniform(*again))


async def stuck(hal: SimulatedHal, every: Span = (20, 60), lasts: Span = (30, 90)) -> None:
    """A sensor that repeats its last value for a while."""
    rng = _rng(hal)
    adcs = list(hal.adcs.values())
    while True:
        await asyncio.sleep(rng.uniform(*every))
        adc = rng.choice(adcs)
        adc.stuck = True
        await asyncio.sleep(rng.uniform(*lasts))
        adc.stuck = False


async def reboot(hal: SimulatedHal, every: Span = (60, 180)) -> None:
    """The power goes for a moment: memory, connections and the clock's minutes with it."""
    rng = _rng(hal)
    while True:
        await asyncio.sleep(rng.uniform(*every))
        hal.reset("power")


async def slow(hal: SimulatedHal, delay: Span = (1, 7)) -> None:
    """Everything that is sent to the board arrives late, commands too: some after they were given up."""
    rng = _rng(hal)
    hal.radio.delay_seconds = lambda: rng.uniform(*delay)


FAULTS: dict[str, Fault] = {"wifi": wifi, "clock": clock, "stuck": stuck, "reboot": reboot, "slow": slow}


def _rng(hal: SimulatedHal) -> random.Random:
    """A generator of the fault's own, so that the weather does not depend on when a fault drew its numbers."""
    return random.Random(hal.rng.random())  # noqa: S311 - weather, not secrets
