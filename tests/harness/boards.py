"""Simulated boards in this process: the firmware's own board on stand-in hardware, with a hand on its switches."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

from firmware.simulator.fleet import FleetOptions, SimulatedBoard
from firmware.simulator.journal import Journal
from tests.harness.waiting import until


class DeskBoard:
    """One board. Its coroutines run in the desk's thread; tests touch it from theirs."""

    def __init__(self, name: str, port: int, loop: asyncio.AbstractEventLoop, period_ms: int) -> None:
        self.name = name
        self._loop = loop
        options = FleetOptions(boards=1, port=port, period_ms=period_ms)
        self.simulated = SimulatedBoard(name, options, random.Random(name), Journal(1))
        self._life: asyncio.Future[None] | None = None
        self._was_on = False

    @property
    def led_on(self) -> bool:
        return self.simulated.hal.led_on

    @property
    def lines(self) -> list[str]:
        """What its screen shows."""
        return self.simulated.hal.lines

    @property
    def connected(self) -> bool:
        return self.simulated.board._client is not None

    @property
    def sending(self) -> bool:
        return bool(self.simulated.board.state["sending"])

    def press_button(self) -> None:
        """Pause or resume sending."""

        async def press() -> None:
            self.simulated.hal.press_button()

        self.do(press())

    def switch_on(self, *, wait: bool = True) -> None:
        """Power; returns once the broker has it, unless nobody waits for that."""

        async def live() -> None:
            if self._was_on:
                self.simulated.hal.power_on("power")
                self.simulated.board = self.simulated._next_board()
            self._was_on = True
            self._life = asyncio.ensure_future(self.simulated.run())

        self.do(live())
        if wait:
            until(lambda: self.connected, f"{self.name} at the broker")

    def say_good_bye(self) -> None:
        """Leave in good order."""
        self.do(self.simulated.board.stop())
        self._end()

    def die(self) -> None:
        """Lose power: no word to anybody."""

        async def cut() -> None:
            self.simulated.hal.radio.abort()

        self._end(cut)

    def slow_down(self, seconds: float) -> None:
        """From its next connection on everything that is sent to it arrives so late."""
        self.simulated.hal.radio.delay_seconds = lambda: seconds

    def turn_deaf(self) -> None:
        """Hear, and never answer."""
        self.simulated.board.commands.handle = lambda _payload: None  # type: ignore[method-assign]

    def do(self, work: Any) -> Any:
        """Have the desk's thread do something."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _end(self, first: Callable[[], Any] | None = None) -> None:
        life, self._life = self._life, None

        async def end() -> None:
            if first is not None:
                await first()
            if life is not None:
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)

        self.do(end())


class Desk:
    """Boards at one broker."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="boards", daemon=True)
        self._thread.start()
        self._boards: list[DeskBoard] = []

    def board(self, name: str, *, on: bool = True, period_ms: int = 1_000) -> DeskBoard:
        """A new board, switched on unless told otherwise."""
        made = DeskBoard(name, self._port, self._loop, period_ms)
        self._boards.append(made)
        if on:
            made.switch_on()
        return made

    def close(self) -> None:
        for board in self._boards:
            board._end()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextlib.contextmanager
def boards(port: int) -> Iterator[Desk]:
    """A desk for as long as the context lasts."""
    desk = Desk(port)
    try:
        yield desk
    finally:
        desk.close()
