"""`python -m firmware <command>`: what one does with boards from the host."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that was named; its exit code."""
    from firmware.simulator.command import simulate
    from firmware.simulator.options import add_arguments

    parser = argparse.ArgumentParser(prog="python -m firmware", description="Boards: real ones, and simulated ones.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    simulated = commands.add_parser("simulate", help="run boards without hardware against any MQTT broker")
    add_arguments(simulated)
    simulated.set_defaults(run=simulate)
    deployed = commands.add_parser("deploy", help="put the firmware on a board at a cable, and see it report")
    heard = commands.add_parser("console", help="show what a board at a cable says")
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] in (["deploy"], ["console"]):
        # Loaded here only: simulated boards need neither a cable nor what Lumos keeps.
        from firmware.deploy import command

        command.add_deploy_arguments(deployed)
        command.add_console_arguments(heard)
        deployed.set_defaults(run=command.deploy)
        heard.set_defaults(run=command.console)
    given = parser.parse_args(words)
    return int(given.run(given))


if __name__ == "__main__":
    sys.exit(main())
