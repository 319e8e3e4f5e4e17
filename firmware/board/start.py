"""From power on to a running board: which configuration, set-up or work, and what happens when something breaks."""

import asyncio
import sys

import micropython

from .board import Board
from .esp32 import Esp32Hal

_SET_UP_SECONDS = 600
_CTRL_C = 3
#: A board that was never told anything still has a button for the set-up.
_WIRING = {"led": (2, False), "button": (0, True), "screen": None, "adc": (), "i2c": None}


def start() -> None:
    """Live until the next reset."""
    config, on_trial = _configuration()
    hal = Esp32Hal((config or {}).get("wiring", _WIRING), config or {})
    lives = []
    try:
        asyncio.run(_live(hal, config, on_trial, lives))
        cause = "ended"
    except KeyboardInterrupt:
        cause = None  # somebody at the console wants the prompt
    except Exception as error:  # noqa: BLE001 - whatever it was, a board that stands still helps nobody
        sys.print_exception(error)
        cause = "error: " + type(error).__name__
    micropython.kbd_intr(-1)  # whoever interrupted may be in a hurry; what memory holds comes first
    for board in lives:
        try:
            board.buffer.keep_on_flash()
        except Exception as error:  # noqa: BLE001 - what cannot be kept must not keep the board from starting again
            sys.print_exception(error)
    micropython.kbd_intr(_CTRL_C)
    if cause is None:
        hal.stop_watching()
    else:
        hal.reset(cause)


def _configuration():
    """What `config.load` says; the module goes again until somebody changes something."""
    from . import config

    found = config.load()
    _leave(config)
    return found


def _leave(module):
    """Give the memory of a module back; importing it loads it again."""
    package, name = module.__name__.rsplit(".", 1)
    del sys.modules[module.__name__]
    delattr(sys.modules[package], name)


async def _needs_set_up(hal, config, on_trial):
    from . import first_steps

    needed = (
        config is None
        or await first_steps.is_asked_for(hal)
        or not await first_steps.reaches_its_network(hal, config, on_trial)
    )
    _leave(first_steps)
    return needed


async def _live(hal, config, on_trial, lives):
    if await _needs_set_up(hal, config, on_trial):
        # Here only: they would take memory from the samples.
        from .access_point import AccessPoint
        from .own_network import OwnNetwork

        worked = await AccessPoint(hal, OwnNetwork(hal.name()), config or {}).run(_SET_UP_SECONDS)
        hal.reset("set-up" if worked else "no set-up")
    lives.append(Board(hal, config, on_trial))
    await lives[0].run()
