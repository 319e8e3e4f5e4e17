"""A whole Lumos and its boards, in which something is always broken: what it was told must be there in the end, once.

`python app.py` with its own broker on a small disk, simulated boards behind a link that can be cut, commands by HTTP.
`Soak.run` breaks one thing after the other for so long, mends all of it, and then holds what is stored against what the
boards numbered. The seed draws the faults; moments differ from run to run, as they do.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil
from ulid import ULID

from ingest.storage import manifest
from telemetry.commands import CommandState
from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError
from telemetry.reader import Reader
from tests.harness.boards import Desk, DeskBoard, boards
from tests.harness.clock import MovableClock
from tests.harness.disk import small_disk
from tests.harness.http import get
from tests.harness.link import link
from tests.harness.processes import Running, free_port, lumos, module, parts
from tests.harness.waiting import until

BOARDS, PERIOD_MS = 6, 200
_DISK = "192m"
#: A part that came back has to get through to the others; the longest pause before a restart is 30 seconds.
_SETTLE_SECONDS = 120.0
_EVER = {"start_us": 0, "end_us": 4_000_000_000_000_000}
_UNSETTLED = (CommandState.HELD, CommandState.SENT)


@dataclass
class Told:
    """What the boards know of their own samples: how many they numbered, and how many of these went with the power."""

    numbered: int = 0
    lost: int = 0


class Soak:
    """One run. `say` is told what happens."""

    def __init__(self, folder: Path, seed: int, say: Callable[[str], None]) -> None:
        self.random = random.Random(seed)
        self.say = say
        self._folder = folder
        self._running = contextlib.ExitStack()
        self.data = folder / "disk"
        self.clock = MovableClock(folder)
        self.told: dict[str, Told] = {}
        self._commands: list[str] = []

    def __enter__(self) -> Self:
        enter = self._running.enter_context
        with contextlib.ExitStack() as started:
            started.push(self._running)
            self.disk_is_small = enter(small_disk(self.data, _DISK))
            self._http_port, mqtt_port = free_port(), free_port()
            self._flags = ["--data-dir", str(self.data / "data")]
            self._ports = ["--port", str(self._http_port), "--mqtt-port", str(mqtt_port)]
            self.starts: list[Running] = []
            self.start()
            until(self._is_well, "a healthy Lumos", 60)
            self.link = enter(link(mqtt_port))
            desk: Desk = enter(boards(self.link.port))
            self.boards = [desk.board(f"board-{number}", period_ms=PERIOD_MS) for number in range(BOARDS)]
            self.told = {board.name: Told() for board in self.boards}
            started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # it goes with the disk
            shutil.copy(DataFolder(self.data / "data").broker / "broker.log", self._folder)
        self._running.close()

    def run(self, seconds: float, faults: dict[str, Callable[[Soak], None]]) -> list[str]:
        """Break things for so long, mend them, and check all of it; what there was, in lines. AssertionError."""
        begun = time.monotonic()
        broken = dict.fromkeys(faults, 0)
        while time.monotonic() < begun + seconds:
            self.send_commands()
            # Each of them once, in an order of the seed's, before any of them again.
            fewest = min(broken.values())
            name = self.random.choice([name for name, times in broken.items() if times == fewest])
            broken[name] += 1
            self.say(f"{time.monotonic() - begun:6.1f} s  {name}")
            faults[name](self)
        self.say(f"{time.monotonic() - begun:6.1f} s  all is mended")
        self._settle()
        return [
            f"{sum(broken.values())} faults: {', '.join(f'{name} {times}' for name, times in broken.items())}",
            *self._check_samples(),
            self._check_commands(),
            self._check_files(),
        ]

    @property
    def app(self) -> Running:
        """The Lumos that runs, or ran last."""
        return self.starts[-1]

    # What faults use

    def start(self) -> None:
        """Start Lumos, on what is there."""
        log = self._folder / f"lumos-{len(self.starts)}.log"
        started = lumos(log, *self._flags, *self._ports, environment=self.clock.environment)
        self.starts.append(self._running.enter_context(started))

    def lose_power(self) -> None:
        """Everything dies at one moment, the supervisor first, which would start the others again."""
        alive = parts(self.app).values()
        self.app.process.kill()
        for part in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                part.kill()
        self.app.process.wait()
        psutil.wait_procs(alive, 10)

    def kill(self, name: str) -> None:
        """SIGKILL a part, unless it is dead already."""
        part = parts(self.app).get(name)
        if part is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(part.pid, signal.SIGKILL)

    def live_on(self, shortest: float, longest: float) -> None:
        """Let it be for a while: how long a fault lasts is what it is about."""
        time.sleep(self.random.uniform(shortest, longest))

    def cut_power(self, board: DeskBoard) -> None:
        """A board starts anew, without what its memory held."""
        running = board.simulated.board

        async def note() -> None:
            buffer, told = running.buffer, self.told[board.name]
            told.numbered += buffer.next_seq
            told.lost += len(buffer)
            running.resting = True

        board.do(note())
        board.die()

    def send_commands(self) -> None:
        """A command to some of the boards, as a script sends them; a dashboard that is away takes none."""
        for board in self.random.sample(self.boards, 2):
            what = self.random.choice([("led", True), ("led", False), ("message", "Bonjour"), ("identify", None)])
            body = {"device": board.name, "cmd": what[0], "value": what[1], "id": str(ULID()), "timeout": 0.5}
            connection = http.client.HTTPConnection("127.0.0.1", self._http_port, timeout=5)
            try:
                connection.request("POST", "/command", json.dumps(body), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if answer.status in (200, 202):
                    self._commands.append(str(body["id"]))
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()

    # The end

    def _is_well(self) -> bool:
        return get(self._http_port, "/health")[0] == 200

    def _ask(self, question: str, **arguments: Any) -> list[dict[str, Any]]:
        """The answer's rows; none while ingest is away."""
        try:
            return Reader(DataFolder(self.data / "data"), 10).ask(question, **arguments).to_pylist()
        except LumosError:
            return []

    def _settle(self) -> None:
        """Everything is mended: wait until the boards have nothing left to send."""
        until(self._is_well, "health after it all", _SETTLE_SECONDS)
        for board in self.boards:
            until(lambda board=board: board.connected, f"{board.name} at the broker", _SETTLE_SECONDS)  # type: ignore[misc]
        for board in self.boards:
            running = board.simulated.board

            async def rest(running: Any = running, told: Told = self.told[board.name]) -> None:
                running.resting = True
                told.numbered += running.buffer.next_seq

            board.do(rest())
        for board in self.boards:
            until(
                lambda board=board: len(board.simulated.board.buffer) == 0,  # type: ignore[misc]
                f"{board.name} with nothing left to send",
                _SETTLE_SECONDS,
            )

    def _check_samples(self) -> list[str]:
        """Each number once, and missing is what went with a board's power, no more."""

        def ledger() -> dict[str, dict[str, Any]]:
            return {row["device"]: row for row in self._ask("losses")}

        def is_complete() -> bool:
            found = ledger()
            return all(name in found and found[name]["expected"] == told.numbered for name, told in self.told.items())

        until(is_complete, f"every number in the ledger: {self.told} in {ledger()}", _SETTLE_SECONDS)
        lines = []
        for name, row in ledger().items():
            told = self.told[name]
            assert row["missing"] + row["dropped"] <= told.lost, f"{name} lost samples: {row}, {told}"
            moments = [r["t_us"] for r in self._ask("readings", device=name, metric="light", **_EVER)]
            assert len(moments) == row["received"], f"{name} has {len(moments)} readings of {row['received']} samples"
            assert len(set(moments)) == len(moments), f"{name} has a reading twice"
            lines.append(f"{name}: {row['received']} of {told.numbered} samples, {row['missing']} went with its power")
        return lines

    def _check_commands(self) -> str:
        def unsettled() -> list[dict[str, Any]]:
            return [row for row in self._ask("commands", limit=10_000) if row["state"] in _UNSETTLED]

        known = {row["command_id"]: row["state"] for row in until(lambda: self._ask("commands", limit=10_000), "them")}
        assert set(self._commands) <= set(known), "a command that was taken is not recorded"
        until(lambda: not unsettled(), f"an end of every command: {unsettled()}", 30)
        states = [row["state"] for row in self._ask("commands", limit=10_000)]
        counts = {state: states.count(state) for state in sorted(set(states))}
        return f"commands: {', '.join(f'{count} {state}' for state, count in counts.items())}"

    def _check_files(self) -> str:
        """Stopped in good order, nothing raised, and a backup of the files is whole."""
        assert self.app.stop(signal.SIGTERM, 15) == 0
        said = "\n".join(start.output() for start in self.starts)
        assert "Traceback" not in said, said[said.index("Traceback") :][:3_000]
        with module(self._folder / "backup.log", "ingest", "backup", *self._flags) as backup:
            assert backup.process.wait(60) == 0, backup.output()
        ((folder, found),) = manifest.backups(DataFolder(self.data / "data").backups)
        manifest.check(folder, found)
        return f"files: sound, {sum(found.tables.values())} rows in {len(found.files)} files of a backup"
