"""Import and export of a million readings: against reading the same file in Python and doing nothing with it."""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from tests.harness.processes import ROOT

READINGS = 1_000_000
_START_MS = 1_767_323_045_000


def report(folder: Path, _minutes: float) -> list[str]:
    """CPU seconds of each command as a process of its own, and the most memory any of them took."""
    past = folder / "past.csv"
    with past.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "device", "metric", "value"])
        for n in range(READINGS):
            moment = datetime.fromtimestamp((_START_MS + n * 100) / 1_000).isoformat()  # noqa: DTZ006  (any time will do)
            writer.writerow([moment, f"board-{n % 5}", f"metric-{n % 3}", (n % 1_000) / 10])
    baseline = _read_only(past)
    flags = ["--data-dir", str(folder / "data")]
    took = {
        "import": _run("import", str(past), *flags),
        "import again": _run("import", str(past), *flags),
        "export to CSV": _run("export", str(folder / "out.csv"), *flags),
        "export to Parquet": _run("export", str(folder / "out.parquet"), *flags),
    }
    resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_000
    lines = [f"{READINGS} readings, CPU seconds; reading the CSV and its cells alone: {baseline:.1f}"]
    lines += [
        f"{name}: {seconds:.1f}, {seconds / baseline:.2f} of that; {READINGS / seconds:,.0f} readings a CPU second"
        for name, seconds in took.items()
    ]
    return [*lines, f"most memory of any of them: {resident:.0f} MB"]


def _read_only(path: Path) -> float:
    """What any program in Python pays: the rows, the times and the numbers."""
    start = time.process_time()
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for moment, _, _, value in rows:
            datetime.fromisoformat(moment)
            float(value)
    return time.process_time() - start


def _run(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "ingest", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
