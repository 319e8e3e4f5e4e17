"""How the programs log: one line an event on standard error, with the program's name. Never a secret."""

from __future__ import annotations

import logging


def configure(program: str, level: str) -> None:
    """Log what is at or above `level` as `time program LEVEL message`."""
    logging.basicConfig(
        level=level.upper(),
        format=f"%(asctime)s {program} %(levelname)s %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
        force=True,
    )
