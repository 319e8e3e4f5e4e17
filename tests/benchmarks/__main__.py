"""`make bench`, or `python -m tests.benchmarks [NAME…]`: run the benchmarks and print the report."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import memory, transfer, visible

#: Adding a benchmark means adding its function here: a folder for its files and its length in, lines of a report out.
BENCHMARKS: dict[str, Callable[[Path, float], list[str]]] = {
    "visible": visible.report,
    "memory": memory.report,
    "transfer": transfer.report,
}


def main() -> None:
    command_line = argparse.ArgumentParser(prog="make bench", description=__doc__)
    command_line.add_argument("names", nargs="*", help=f"which: {', '.join(BENCHMARKS)} (all)")
    command_line.add_argument("--minutes", type=float, default=10.0, help="how long the memory benchmark runs [10]")
    arguments = command_line.parse_args()
    for name in arguments.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix=f"lumos-bench-{name}-") as folder:
            print(f"== {name}", flush=True)
            for line in BENCHMARKS[name](Path(folder), arguments.minutes):
                print(line, flush=True)


if __name__ == "__main__":
    main()
