"""The simulated boards of one process: each started, restarted as its hardware demands, and stopped in good order.

It holds no behaviour of a board; it is the desk they lie on and the hand on the switch.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.board import codec
from firmware.board.board import Board
from firmware.board.session import NETWORK_ERRORS
from firmware.simulator.faults import FAULTS
from firmware.simulator.journal import Journal
from firmware.simulator.standins import LIGHT_PIN, TEMPERATURE_PIN, SimulatedHal

#: What the boards of one process may keep together, so that an outage of hours does not fill the host's memory.
_SAMPLES_OF_ALL = 200_000
_SAMPLES_OF_ONE = 7_200
_RESTART_SECONDS = 0.5
_STOP_SECONDS = 1.5

SENSORS = [
    {"driver": "photoresistor", "metric": "light", "label": "Light", "unit": "lx", "pin": LIGHT_PIN},
    {"driver": "tmp36", "metric": "temperature", "label": "Temperature", "unit": "°C", "pin": TEMPERATURE_PIN},
]


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """How many boards, where they send to, and how they behave."""

    boards: int
    name_prefix: str = "sim-"
    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = ""
    #: Boards with a user of their own at the broker, by name: their passwords.
    board_users: Mapping[str, str] = field(default_factory=dict)
    tls_ca: Path | None = None
    topic_root: str = "esp32"
    period_ms: int = 1_000
    seed: int | None = None
    faults: Sequence[str] = ()
    buffer_samples: int | None = None


class _Board(Board):
    """The firmware's board, and a good-bye: a real board's power just goes, and it has no memory for manners."""

    async def stop(self) -> None:
        """Say good-bye to the broker, in a second at most; `run` is to be cancelled afterwards."""
        self.stopping = self.resting = True
        client, self._client = self._client, None
        if client is not None:
            broker_has_it = asyncio.Event()
            try:
                async with asyncio.timeout(1):
                    await client.publish(self.topic("status"), codec.OFFLINE, True, done=broker_has_it.set)
                    await broker_has_it.wait()
                await client.disconnect()
            except NETWORK_ERRORS:
                pass  # the broker will publish the last will instead


class SimulatedBoard:
    """The firmware's board on a desk of its own."""

    def __init__(self, name: str, options: FleetOptions, rng: random.Random, journal: Journal) -> None:
        self.hal = SimulatedHal(name, rng, journal.say)
        if options.tls_ca is not None:
            self.hal.radio.tls = ssl.create_default_context(cafile=options.tls_ca)
        self._faults = [FAULTS[fault] for fault in options.faults]
        share = max(300, min(_SAMPLES_OF_ONE, _SAMPLES_OF_ALL // options.boards))
        self.config = {
            "device": name,
            "host": options.host,
            "port": options.port,
            "username": name if name in options.board_users else options.username,
            "password": options.board_users.get(name, options.password),
            "root": options.topic_root,
            "period_ms": options.period_ms,
            "buffer_samples": options.buffer_samples or share,
            "sensors": SENSORS,
        }
        self.board = _Board(self.hal, dict(self.config))

    async def run(self) -> None:
        """Live, and restart whenever the hardware is reset, until cancelled."""
        faults = [asyncio.ensure_future(fault(self.hal)) for fault in self._faults]
        try:
            while True:
                life = asyncio.create_task(self.board.run())
                reset = asyncio.create_task(self.hal.resets.get())
                try:
                    await asyncio.wait({life, reset}, return_when=asyncio.FIRST_COMPLETED)
                    if life.done():
                        life.result()  # a board never ends by itself: this raises what ended it
                    cause = reset.result()
                finally:
                    # The power goes first: a board that is cut off says no good-bye.
                    self.hal.radio.abort()
                    await _end(life, reset)
                await asyncio.sleep(_RESTART_SECONDS)
                self.hal.power_on(cause)
                self.board = self._next_board()
        finally:
            await _end(*faults)

    def _next_board(self) -> _Board:
        """The board after a restart, with the configuration it kept or, once, one that was proposed."""
        hal = self.hal
        self.config.update(hal.kept_config or {})
        hal.on_trial, hal.proposed = hal.proposed, None
        return _Board(hal, {**self.config, **(hal.on_trial or {})}, hal.on_trial is not None)


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Fleet:
    """All boards of this process."""

    def __init__(self, options: FleetOptions, journal: Journal) -> None:
        self._options = options
        # Weather needs no secrets; boot ids come from the system's own randomness whatever the seed says, since a boot
        # that came twice would pass for samples that are stored already.
        seeds = random.Random(options.seed)  # noqa: S311
        self.boards = [
            SimulatedBoard(f"{options.name_prefix}{number}", options, random.Random(seeds.random()), journal)  # noqa: S311
            for number in range(1, options.boards + 1)
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Run all boards until `stop` is set, then let each say good-bye. Raises what ended a board, if one broke."""
        tasks = [asyncio.create_task(self._run_one(index)) for index in range(len(self.boards))]
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await asyncio.gather(*(simulated.board.stop() for simulated in self.boards))
        finally:
            await _end(*tasks, stopping)

    async def _run_one(self, index: int) -> None:
        # Spread over a period, as boards that were switched on by hand are.
        await asyncio.sleep(min(1.0, self._options.period_ms / 1000) * index / len(self.boards))
        await self.boards[index].run()
