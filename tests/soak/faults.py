"""What may break, by name: each breaks it, lets it be for a while, and mends it. Adding a fault means adding a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from tests.harness.disk import fill
from tests.soak.soak import Soak

HOUR = 3_600
_IN_2000 = 946_684_800


def kill(soak: Soak, names: tuple[str, ...]) -> None:
    """Parts die; Lumos starts them again by itself."""
    for name in names:
        soak.kill(name)
    soak.live_on(0.5, 4)


def cut_power_of_the_host(soak: Soak) -> None:
    """All of Lumos is gone at one moment, and is started again on what it had written."""
    soak.lose_power()
    soak.live_on(0.2, 3)
    soak.start()
    soak.live_on(2, 6)


def cut_link(soak: Soak) -> None:
    """No board reaches the broker."""
    soak.link.cut()
    soak.live_on(1, 6)
    soak.link.mend()


def cut_power(soak: Soak) -> None:
    """A board loses its power, and gets it back."""
    board = soak.random.choice(soak.boards)
    soak.cut_power(board)
    soak.live_on(0.2, 2)
    board.switch_on(wait=False)  # the broker may be away just now


def fill_disk(soak: Soak) -> None:
    """Not a byte is free."""
    filler = fill(soak.data)
    soak.live_on(2, 6)
    filler.unlink()


def move_clock(soak: Soak, seconds: int) -> None:
    """The host's clock jumps, and back."""
    soak.clock.move(seconds)
    soak.live_on(3, 6)
    soak.clock.move(0)


def faults(soak: Soak) -> dict[str, Callable[[Soak], None]]:
    """Those that can be done on this machine."""
    found: dict[str, Callable[[Soak], None]] = {
        "broker killed": partial(kill, names=("broker",)),
        "ingest killed": partial(kill, names=("ingest",)),
        "dashboard killed": partial(kill, names=("dashboard",)),
        "all killed": partial(kill, names=("broker", "ingest", "dashboard")),
        "power of the host cut": cut_power_of_the_host,
        "link cut": cut_link,
        "power of a board cut": cut_power,
        "clock an hour ahead": partial(move_clock, seconds=HOUR),
        "clock an hour back": partial(move_clock, seconds=-HOUR),
        "clock in 2000": partial(move_clock, seconds=int(_IN_2000 - time.time())),
    }
    if soak.disk_is_small:
        found["disk full"] = fill_disk
    else:
        soak.say("no full disk: only root may mount a small one")
    return found
