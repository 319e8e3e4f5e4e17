"""From power on to a running board: which configuration, set-up or work, and what happens when something breaks."""

import asyncio
import sys

import micropython

from .board import Board
from .esp32 import Esp32Hal

#: A board that has never reached its network tries so often before it offers the set-up.
_FIRST_TRIES = 3
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
    name, package = config.__name__.rsplit(".", 1)[::-1]
    del sys.modules[config.__name__]
    delattr(sys.modules[package], name)
    return found


async def _live(hal, config, on_trial, lives):
    if config is None or await _is_asked_for(hal) or not await _reaches_its_network(hal, config, on_trial):
        # Here only: they would take memory from the samples.
        from .access_point import AccessPoint
        from .own_network import OwnNetwork

        worked = await AccessPoint(hal, OwnNetwork(hal.name()), config or {}).run(_SET_UP_SECONDS)
        hal.reset("set-up" if worked else "no set-up")
    lives.append(Board(hal, config, on_trial))
    await lives[0].run()


async def _is_asked_for(hal):
    """Whether the button is held for the set-up.

    On most boards it is the button that has the chip wait for a new program when it is held as the power comes. So
    after that there are two seconds to press it, while the LED is lit.
    """
    if hal.cause() != "power":
        return hal.button_is_held()
    hal.led(True)
    held = False
    for _ in range(20):
        held = held or hal.button_is_held()
        await asyncio.sleep(0.1)
    hal.led(False)
    return held


async def _reaches_its_network(hal, config, on_trial):
    """Whether the board has ever joined a network, or joins this one now."""
    if on_trial or hal.recall("joined") == config.get("wifi", {}).get("ssid"):
        return True
    for _ in range(_FIRST_TRIES):
        try:
            await hal.link_connect()
        except OSError as error:
            hal.log(f"no network: {error}")
        else:
            hal.remember({"joined": config.get("wifi", {}).get("ssid")})
            return True
    return False
