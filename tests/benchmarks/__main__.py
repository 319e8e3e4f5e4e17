"""`make bench`, or `python -m tests.benchmarks [NAME…]`: run the benchmarks and print the report."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks import (
    alerts,
    board,
    devices,
    ingest_cost,
    ingest_delay,
    ingest_memory,
    ingest_share,
    memory,
    pages,
    steady,
    store,
    transfer,
    visible,
)

#: Adding a benchmark means adding its function here: a folder for its files and its length in, lines of a report out.
BENCHMARKS: dict[str, Callable[[Path, float], list[str]]] = {
    "alerts": alerts.report,
    "devices": devices.report,
    "visible": visible.report,
    "memory": memory.report,
    "board": board.report,
    "transfer": transfer.report,
    "store": store.report,
    "pages": pages.report,
    "ingest-share": ingest_share.report,
    "ingest-cost": ingest_cost.report,
    "ingest-delay": ingest_delay.report,
    "ingest-memory": ingest_memory.report,
    "steady": steady.report,
}


def main() -> None:
    command_line = argparse.ArgumentParser(prog="make bench", description=__doc__)
    command_line.add_argument("names", nargs="*", help=f"which, by their beginnings: {', '.join(BENCHMARKS)} (all)")
    command_line.add_argument("--minutes", type=float, default=10.0, help="how long the memory benchmark runs [10]")
    command_line.add_argument(
        "--rows", type=int, default=store.TEN_MILLION, help=f"readings of the store benchmark [{store.TEN_MILLION}]"
    )
    arguments = command_line.parse_args()
    benchmarks = {**BENCHMARKS, "store": partial(store.report, rows=arguments.rows)}
    wanted = tuple(arguments.names) or ("",)
    chosen = [name for name in benchmarks if name.startswith(wanted)]
    if not chosen:
        command_line.error(f"no benchmark begins with {' or '.join(wanted)}")
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix=f"lumos-bench-{name}-") as folder:
            print(f"== {name}", flush=True)
            for line in benchmarks[name](Path(folder), arguments.minutes):
                print(line, flush=True)


if __name__ == "__main__":
    main()
