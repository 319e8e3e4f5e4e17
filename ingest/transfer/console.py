"""`python -m ingest import FILE…` and `export FILE`: the command lines, with their progress and their reports.

Files are read and written here, as the user who asks. The running ingest takes and gives parts; where none runs, this
process does so itself, under ingest's lock.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import secrets
import shutil
import sys
import time
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pyarrow import parquet

from ingest.console.command_lines import say
from ingest.transfer.cells import Cells
from ingest.transfer.exporting import STDOUT, Asked, format_of, into
from ingest.transfer.importing import part_name, staging
from ingest.transfer.layout import ROLES, Wishes
from ingest.transfer.reading import Chunk, Style, chunks, is_parquet, size_of
from telemetry.command_line import parser, sub_parser
from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError, TransferError, nearest
from telemetry.reader import Actions, Reader
from telemetry.settings import Settings, load
from telemetry.timestamps import parse_instant

_PATIENCE_SECONDS = 600.0
#: What a command that was killed left in `backups/` goes with the first one a day later.
_LEFT_SECONDS = 86_400.0

Take = Callable[[str, str], dict[str, Any]]
Give = Callable[[dict[str, Any]], int]


def import_files(argv: Sequence[str]) -> int:
    """`import FILE…`; 1 where rows could not be read. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "Past readings out of CSV and Parquet files.")
    words = sub_parser(command_line.add_subparsers(dest="do", required=True), "import", "import past readings")
    words.add_argument("files", nargs="+", metavar="FILE", help="CSV (also .csv.gz) or Parquet, with named columns")
    words.add_argument(
        "--map", action="append", default=[], metavar="ROLE=COLUMN", help=f"which column is {', '.join(ROLES)}"
    )
    words.add_argument("--device", default="", metavar="NAME", help="the device of a file that has no such column")
    words.add_argument("--metric", default="", metavar="NAME", help="the metric of a file that has no such column")
    words.add_argument(
        "--wide", nargs="?", const="", metavar="COLUMN[=METRIC],…", help="each column is a metric: these, or all"
    )
    words.add_argument("--zone", default="UTC", help="zone of times that name none, such as Europe/Paris [UTC]")
    words.add_argument("--delimiter", default="", help="the sign between the columns of a CSV [found out]")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    wishes, style = _wishes(arguments), _style(arguments)
    files = [Path(name) for name in arguments.files]
    for path in files:  # a mistake in the last file must not show after an hour
        next(chunks(path, wishes, style), None)
    bad = 0
    with _taking(settings, folder) as take:
        for path in files:
            bad += _import(path, folder, wishes, style, take)
    return 1 if bad else 0


def _wishes(arguments: argparse.Namespace) -> Wishes:
    columns = {}
    for entry in arguments.map:
        role, sign, column = entry.partition("=")
        if not sign or not column:
            raise TransferError(f"--map takes ROLE=COLUMN, such as time=Timestamp, not '{entry[:80]}'")
        if role not in ROLES:
            raise TransferError(f"--map: '{role[:40]}' is no role{nearest(role, ROLES)}")
        columns[role] = column
    wide: dict[str, str] | None = None
    if arguments.wide is not None:
        pairs = [entry.partition("=") for entry in arguments.wide.split(",") if entry]
        wide = {column: metric or column for column, _, metric in pairs}
    return Wishes(columns, arguments.device, arguments.metric, wide)


def _style(arguments: argparse.Namespace) -> Style:
    if len(arguments.delimiter) > 1:
        raise TransferError(f"--delimiter takes one sign, not '{arguments.delimiter[:20]}'")
    try:
        zone = zoneinfo.ZoneInfo(arguments.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as cause:
        close = nearest(arguments.zone, zoneinfo.available_timezones())
        raise TransferError(f"--zone: '{arguments.zone[:64]}' is no zone{close}") from cause
    return Style(arguments.delimiter, lambda comma: Cells(zone, decimal_comma=comma))


def _import(path: Path, folder: DataFolder, wishes: Wishes, style: Style, take: Take) -> int:
    """One file; how many of its rows could not be read."""
    added = known = expired = bad = 0
    with _staged(folder) as import_id, _progress(path.name, size_of(path), "rows" if is_parquet(path) else "B") as bar:
        for number, chunk in enumerate(chunks(path, wishes, style)):
            _report(path, chunk)
            bad += len(chunk.bad)
            if chunk.t_us:
                name = part_name(import_id, number)
                part = folder.backups / name
                parquet.write_table(chunk.table(), part, compression="zstd")
                told = take(name, path.name)
                part.unlink()
                added, known, expired = added + told["added"], known + told["known"], expired + told["expired"]
            bar(chunk.position)
    parts = [f"{added} readings imported"]
    parts += [f"{known} were there already"] if known else []
    parts += [f"{expired} left out, since what lies there has expired and cannot be compared"] if expired else []
    parts += [f"{bad} rows cannot be read"] if bad else []
    say(f"{path}: {', '.join(parts)}")
    return bad


def _report(path: Path, chunk: Chunk) -> None:
    kind = "row" if is_parquet(path) else "line"
    for line, reason in chunk.bad:
        print(f"{path}, {kind} {line}: {reason}", file=sys.stderr)  # noqa: T201  (what was asked for)


@contextlib.contextmanager
def _staged(folder: DataFolder) -> Iterator[str]:
    """An id for an import whose parts have a folder of their own while it lasts."""
    for left in folder.backups.glob("[ie][mx]port-*"):
        with contextlib.suppress(OSError):
            if left.is_dir() and time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left)
    import_id = secrets.token_hex(6)
    staging(folder, import_id).mkdir()
    try:
        yield import_id
    finally:
        shutil.rmtree(staging(folder, import_id), ignore_errors=True)


@contextlib.contextmanager
def _taking(settings: Settings, folder: DataFolder) -> Iterator[Take]:
    """How a part gets into the store: through the running ingest, or by ourselves."""
    by = f"{getpass.getuser()} (console)"
    if _runs(folder):
        actions = Actions(folder, _PATIENCE_SECONDS)
        yield lambda part, file: dict(actions.call("import_part", {"part": part, "file": file}, by))
        return
    from ingest.console.alone import writing_alone
    from ingest.transfer.importing import import_part

    with writing_alone(settings, folder) as writer:
        yield lambda part, _: import_part(writer, part, lambda work: work())


@contextlib.contextmanager
def _giving(settings: Settings, folder: DataFolder) -> Iterator[Give]:
    """How a part comes out of the store; how many readings it has."""
    by = f"{getpass.getuser()} (console)"
    if _runs(folder):
        actions = Actions(folder, _PATIENCE_SECONDS)
        yield lambda arguments: int(actions.call("export_part", arguments, by)["rows"])
        return
    from ingest.storage.exporting import export_part
    from ingest.storage.keeper import Keeper
    from ingest.storage.store import opened

    with opened(settings, folder) as connection:
        keeper = Keeper(settings, connection)
        yield lambda arguments: export_part(keeper, arguments, by)["rows"]


def _runs(folder: DataFolder) -> bool:
    try:
        Reader(folder, 10).ask("health")
    except StoreUnavailableError:
        return False
    return True


def export_file(argv: Sequence[str]) -> None:
    """`export FILE`. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "Raw readings into a CSV or Parquet file.")
    words = sub_parser(command_line.add_subparsers(dest="do", required=True), "export", "export raw readings")
    words.add_argument("file", metavar="FILE", help="a .csv or .parquet file; - for CSV on the standard output")
    words.add_argument("--device", help="only this device")
    words.add_argument("--metric", help="only this metric")
    words.add_argument("--from", dest="start", help="from this time on (ISO 8601 or ms)")
    words.add_argument("--to", dest="end", help="up to this time, which is not included")
    words.add_argument("--format", choices=("csv", "parquet"), help="the format, where the file's name does not say it")
    words.add_argument("--replace", action="store_true", help="replace the file if it exists")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    asked, kind = _asked(folder, arguments), format_of(arguments.file, arguments.format)
    rows = 0
    with (
        into(arguments.file, kind, replace=arguments.replace) as append,
        _exporting(folder) as export_id,
        _giving(settings, folder) as give,
        _progress(arguments.file, asked.rows, "readings") as bar,
    ):
        for number, (start_us, end_us) in enumerate(asked.parts()):
            name = f"export-{export_id}/part-{number:06}.{kind}"
            chosen = {"device": asked.device, "metric": asked.metric, "start_us": start_us, "end_us": end_us}
            rows += give({"part": name, **chosen})
            append(folder.backups / name)
            (folder.backups / name).unlink()
            bar(rows)
    if arguments.file != STDOUT:
        say(f"{arguments.file}: {rows} readings")


def _asked(folder: DataFolder, arguments: argparse.Namespace) -> Asked:
    """What there is of what was asked. Raises TransferError where there is nothing of that name."""
    known = Reader(folder).ask("series").to_pylist()
    device, metric = arguments.device, arguments.metric
    for role, name in (("device", device), ("metric", metric)):
        names = {row[role] for row in known}
        if name is not None and name not in names:
            raise TransferError(f"there is no {role} '{name[:64]}'{nearest(name, names)}")
    chosen = [
        row for row in known
        if row["count"] and device in (None, row["device"]) and metric in (None, row["metric"])
    ]  # fmt: skip
    first_us = min((row["first_us"] for row in chosen), default=0)
    last_us = max((row["last_us"] for row in chosen), default=-1)
    start_us = first_us if arguments.start is None else max(first_us, parse_instant(arguments.start, "--from"))
    end_us = last_us + 1 if arguments.end is None else min(last_us + 1, parse_instant(arguments.end, "--to"))
    share = max(0.0, (end_us - start_us) / max(1, last_us + 1 - first_us))
    return Asked(device, metric, start_us, max(start_us, end_us), int(sum(row["count"] for row in chosen) * share))


@contextlib.contextmanager
def _exporting(folder: DataFolder) -> Iterator[str]:
    export_id = secrets.token_hex(6)
    try:
        yield export_id
    finally:
        shutil.rmtree(folder.backups / f"export-{export_id}", ignore_errors=True)


@contextlib.contextmanager
def _progress(name: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A bar at a terminal, nothing elsewhere; told how far one is."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(total=total, desc=name, unit=unit, unit_scale=True, file=sys.stderr) as bar:
        yield lambda position: bar.update(position - bar.n)
