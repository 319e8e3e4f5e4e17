"""The board's concerns beside the session, one coroutine each: link, sampler, button, screen.

Each is an endless loop that waits and does its one thing; none makes another wait.
"""

import asyncio

from . import screen as layout
from .session import NETWORK_ERRORS, Pause

#: The longest the sampler sleeps: a new period takes effect within it, and the sender looks round as often.
_LONGEST_SLEEP_MS = 1_000
#: How long before a sample slow sensors begin: the slowest, a DS18B20, takes 750 ms.
_AHEAD_MS = 800
_SYNC_CLOCK_EVERY_MS = 6 * 3_600_000
_SCROLL_SECONDS = 2
#: The sampler goes round every second; one that has not for so long hangs.
_HUNG_MS = 15_000


async def link(board) -> None:
    """Keep the network joined, and the clock right while it is."""
    pause = Pause(board.hal)
    sync_at = 0
    complaint = None
    while True:
        if not board.hal.link_up():
            board.link_is_up.clear()
            try:
                await board.hal.link_connect()
            except NETWORK_ERRORS as error:
                if complaint != str(error):
                    complaint = str(error)
                    board.hal.log(f"no network: {complaint}; trying again")
                await asyncio.sleep(pause.next())
                continue
        pause.reset()
        complaint = None
        board.link_is_up.set()
        if board.clock.uptime_ms() >= sync_at:
            try:
                await board.hal.sync_clock()
                sync_at = board.clock.uptime_ms() + _SYNC_CLOCK_EVERY_MS
            except NETWORK_ERRORS:
                sync_at = board.clock.uptime_ms() + 10_000
        await asyncio.sleep(1)


async def sampler(board) -> None:
    """Sample at multiples of the period since the first, so that the period does not drift whatever else is late."""
    ahead = _AHEAD_MS if board.sensors.slow else 0
    due = board.clock.uptime_ms() + ahead
    period = board.state["period_ms"]
    while True:
        now = board.sampler_beat_ms = board.clock.uptime_ms()
        if period != board.state["period_ms"]:
            period = board.state["period_ms"]
            due = now + ahead
        if now >= due:
            board.take_sample()
            # Moments that were missed stay missed: a burst of samples of one moment would tell nothing.
            due += period * ((now - due) // period + 1)
        board.wake.set()
        left = due - board.clock.uptime_ms()
        if left > ahead:
            left -= ahead
        else:
            board.sensors.begin()
        await asyncio.sleep(min(left, _LONGEST_SLEEP_MS) / 1000)


async def button(board) -> None:
    """Each press pauses or resumes sending."""
    while True:
        await board.hal.button_pressed()
        board.add_event("button", True)
        board.change("sending", not board.state["sending"])


async def screen(board) -> None:
    """Draw when something changed; scroll a message that is too long."""
    step = 0
    shown = None
    while True:
        board.redraw.clear()
        text = board.screen_text()
        step = step + 1 if text == shown else 0
        shown = text
        board.hal.show(layout.message(text, step) if text else board.idle_lines())
        if text and len(layout.wrap(text)) > layout.ROWS:
            await asyncio.sleep(_SCROLL_SECONDS)
        else:
            await board.redraw.wait()


async def watchdog(board) -> None:
    """Feed the watchdog as long as the sampler goes round: a board that hangs is reset, and says so afterwards."""
    while True:
        if board.clock.uptime_ms() - board.sampler_beat_ms < _HUNG_MS:
            board.hal.feed()
        await asyncio.sleep(2)
