"""Coroutines that live and die together: MicroPython has neither `asyncio.wait` nor a TaskGroup.

A connection's reader, keeper and sender are one such race: when one ends, the others mean nothing any more.
"""

import asyncio


async def race(*coroutines) -> None:
    """Run all until the first ends, cancel the others, wait for them, and raise what ended the first."""
    one_ended = asyncio.Event()
    errors = []
    running = 0

    async def run(coroutine):
        nonlocal running
        running += 1
        try:
            await coroutine
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        running -= 1
        one_ended.set()

    tasks = [asyncio.create_task(run(coroutine)) for coroutine in coroutines]
    try:
        await one_ended.wait()
    finally:
        for task in tasks:
            task.cancel()
        # Wait on an event, not on the tasks: a cancellation of this race would pass into the task it waits for, and be
        # taken for that one's own.
        while running:
            one_ended.clear()
            await one_ended.wait()
    if errors:
        raise errors[0]
