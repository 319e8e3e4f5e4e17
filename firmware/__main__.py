"""`python -m firmware <command>`: what one does with boards from the host."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that was named; its exit code."""
    from firmware.simulator.command import simulate
    from firmware.simulator.options import add_arguments

    parser = argparse.ArgumentParser(prog="python -m firmware", description="Boards: simulated ones.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    simulated = commands.add_parser("simulate", help="run boards without hardware against any MQTT broker")
    add_arguments(simulated)
    simulated.set_defaults(run=simulate)
    given = parser.parse_args(arguments)
    return int(given.run(given))


if __name__ == "__main__":
    sys.exit(main())
