"""What a board looks at once, as it starts: why it did, whether its button asks for the set-up, and its network.

Loaded for that and left again: a board has no memory to keep what it will not need before its next start.
"""

import asyncio

#: A board that has never reached its network tries so often before it offers the set-up.
_FIRST_TRIES = 3


def reset_cause(machine) -> str:
    """Why the chip started, in a word; `machine` is MicroPython's."""
    cause = machine.reset_cause()
    for known, name in (
        (machine.PWRON_RESET, "power"),
        (machine.HARD_RESET, "reset"),
        (machine.WDT_RESET, "watchdog"),
        (machine.DEEPSLEEP_RESET, "sleep"),
        (machine.SOFT_RESET, "soft reset"),
    ):
        if cause == known:
            return name
    return "unknown"


async def is_asked_for(hal):
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


async def reaches_its_network(hal, config, on_trial):
    """Whether the board has ever joined this network, or joins it now."""
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
