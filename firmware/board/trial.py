"""The time that a new configuration has to get through. Loaded only by a board that tries one."""

import asyncio


async def trial(board) -> None:
    """A configuration that does not get through in time is left: the next start takes the old one."""
    await asyncio.sleep(board.config["trial_s"])
    if board.on_trial:
        board.hal.log("the new configuration did not get through: back to the old one")
        board.buffer.keep_on_flash()
        board.hal.reset("config failed")
    await asyncio.Event().wait()
