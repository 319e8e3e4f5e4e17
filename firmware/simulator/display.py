"""The boards' screens as text, for `--show`: frames side by side, redrawn in place on a terminal.

Elsewhere (a pipe, a log) the frames are printed when they change, at most once a second. It only reads.
"""

from __future__ import annotations

import asyncio
import shutil
import sys

from firmware.board.screen import COLUMNS, ROWS
from firmware.simulator.fleet import Fleet, SimulatedBoard

_SECONDS = 1.0
_FRAME_COLUMNS = COLUMNS + 6


async def display(fleet: Fleet) -> None:
    """Draw for ever."""
    last = ""
    terminal = sys.stdout.isatty()
    while True:
        await asyncio.sleep(_SECONDS)
        room = max(1, shutil.get_terminal_size().columns // _FRAME_COLUMNS)
        text = frames(fleet.boards[:room])
        if text != last:
            sys.stdout.write(f"\x1b[H\x1b[2J{text}\n" if terminal else f"{text}\n")
            sys.stdout.flush()
        last = text


def frames(boards: list[SimulatedBoard]) -> str:
    """The screens of these boards in a row, each with its LED."""
    pictures = [_frame(simulated) for simulated in boards]
    return "\n".join("  ".join(parts).rstrip() for parts in zip(*pictures, strict=True))


def _frame(simulated: SimulatedBoard) -> list[str]:
    lines = (simulated.hal.lines + [""] * ROWS)[:ROWS]
    edge = "+" + "-" * (COLUMNS + 2) + "+"
    led = "LED *" if simulated.hal.led_on else "LED ."
    title = f"{simulated.hal.name[: COLUMNS - 3]:<{COLUMNS - 2}} {led}"
    return [title, edge, *(f"| {line:<{COLUMNS}} |" for line in lines), edge]
