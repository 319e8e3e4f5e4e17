"""`make soak`, or `python -m tests.soak [--seed N] [--minutes M]`: break Lumos, and see that nothing was lost."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.faults import faults
from tests.soak.soak import Soak


def main() -> int:
    command_line = argparse.ArgumentParser(prog="make soak", description=__doc__)
    command_line.add_argument("--seed", type=int, help="which faults come in which order (drawn)")
    command_line.add_argument("--minutes", type=float, default=10.0, help="how long things break [10]")
    arguments = command_line.parse_args()
    seed = random.randrange(1_000_000) if arguments.seed is None else arguments.seed
    _say(f"soak with seed {seed} for {arguments.minutes:g} minutes")
    folder = Path(tempfile.mkdtemp(prefix="lumos-soak-"))
    try:
        with Soak(folder, seed, _say) as soak:
            found = soak.run(60 * arguments.minutes, faults(soak))
    except AssertionError as error:
        _say(f"FOUND with seed {seed}: {error}\nwhat the parts said is in {folder}")
        return 1
    shutil.rmtree(folder)
    for line in found:
        _say(line)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
