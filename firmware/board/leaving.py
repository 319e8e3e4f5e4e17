"""The last two seconds before a restart that somebody asked for. Loaded only for them."""

import asyncio


async def leave(board, cause: str) -> None:
    """The acknowledgement goes first, and what is kept has two seconds to get away; what is left goes to flash."""
    board.resting = True
    for _ in range(20):
        await asyncio.sleep(0.1)
        if not len(board.outbox) and not len(board.buffer):
            break
    board.buffer.keep_on_flash()
    board.hal.reset(cause)
