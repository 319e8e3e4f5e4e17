"""`python -m firmware simulate`: run the boards until Ctrl-C or SIGTERM, and leave in good order within two seconds."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from firmware.simulator import options as flags
from firmware.simulator.fleet import Fleet, FleetOptions
from firmware.simulator.journal import Journal


def simulate(given: argparse.Namespace) -> int:
    """The exit code: 0 after a stop, 2 for an option that will not do."""
    try:
        options = flags.read(given)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(_run(options, given.show))
    return 0


async def _run(options: FleetOptions, show: bool) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    sys.stderr.write(f"{_summary(options)}\n")
    fleet = Fleet(options, Journal(options.boards))
    if not show:
        await fleet.run(stop)
        return
    from firmware.simulator.display import display

    shown = asyncio.create_task(display(fleet))
    await fleet.run(stop)
    shown.cancel()


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _summary(options: FleetOptions) -> str:
    first, last = f"{options.name_prefix}1", f"{options.name_prefix}{options.boards}"
    names = first if options.boards == 1 else f"{first}, {last}" if options.boards == 2 else f"{first} to {last}"
    faults = f", with faults: {', '.join(options.faults)}" if options.faults else ""
    return (
        f"simulated: {names}, a sample every {options.period_ms} ms to {options.host}:{options.port}"
        f" under {options.topic_root}/{faults}; Ctrl-C stops"
    )
