"""Coroutines that live and die together: MicroPython has neither `asyncio.wait` nor a TaskGroup.

A connection's reader, keeper and sender are one such race: when one ends, the others mean nothing any more.
"""

import asyncio


async def race(*coroutines) -> None:
    """Run all until the first ends, cancel the others, wait for them, and raise what ended the first."""
    ended = asyncio.Event()
    errors = []

    async def run(coroutine):
        try:
            await coroutine
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - handed on below
            errors.append(error)
        ended.set()

    tasks = [asyncio.create_task(run(coroutine)) for coroutine in coroutines]
    try:
        await ended.wait()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            await _end_of(task)
    if errors:
        raise errors[0]


async def _end_of(task):
    # A task that was cancelled before its first step ends as cancelled, not through `run`.
    try:  # noqa: SIM105 - MicroPython has no contextlib
        await task
    except asyncio.CancelledError:
        pass
