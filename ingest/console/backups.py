"""`python -m ingest backup [DIR]` and `restore FILE`: `ingest.storage.backing_up` and `restoring` at the console.

A backup is made by the running ingest, in the data folder; one that goes elsewhere is copied there by this command, and
checked where it lies. Restoring needs ingest to be stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ingest.console.command_lines import carry_out, date, say
from telemetry.command_line import parser, sub_parser
from telemetry.datafolder import DataFolder
from telemetry.settings import load


def backup(argv: Sequence[str]) -> None:
    """`backup [DIR]`. Raises LumosError with a sentence."""
    from ingest.storage import manifest
    from ingest.storage.restoring import transfer

    command_line = parser("python -m ingest", "A backup of the store, while ingest runs or without it.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    made = sub_parser(kinds, "backup", "make a backup: Parquet files and a manifest of their rows and hashes")
    made.add_argument("dir", nargs="?", type=Path, help="where to; without it, backups/ in the data folder")
    made.add_argument("--list", action="store_true", help="name the backups that are there, and make none")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    where = (arguments.dir or DataFolder(settings.data_dir).backups).absolute()
    if arguments.list:
        for path, found in manifest.backups(where):
            say(f"{path}  {date(found.made_us)}, {found.readings:,} readings, {found.bytes / 1e6:,.1f} MB")
        return
    path = Path(carry_out(settings, "back_up", {})["path"])
    found = manifest.read(path)
    if arguments.dir:
        copied = transfer(path, found, where)
        shutil.rmtree(path, ignore_errors=True)
        path = copied
    say(f"{path}\n{found.readings:,} readings, {found.bytes / 1e6:,.1f} MB in {len(found.files)} files, all hashed")


def restore(argv: Sequence[str]) -> None:
    """`restore FILE`. Raises LumosError with a sentence."""
    from ingest.storage import manifest
    from ingest.storage.restoring import find
    from ingest.storage.restoring import restore as put_in_force

    command_line = parser("python -m ingest", "Make a backup the store again; ingest must be stopped.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    made = sub_parser(kinds, "restore", "make a backup the store again; what was there is set aside")
    made.add_argument("file", type=Path, help="the backup: its folder, or the manifest.json in it")
    made.add_argument("--check", action="store_true", help="read, count and hash the backup, and change nothing")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    file = arguments.file.absolute()
    if arguments.check:
        path, found = find(file)
        manifest.check(path, found)
        say(f"{path} is whole: {found.readings:,} readings of {date(found.made_us)}, {len(found.files)} files")
        return
    found, aside = put_in_force(DataFolder(settings.data_dir), file)
    say(f"restored {found.readings:,} readings as of {date(found.made_us)}")
    if aside:
        say(f"the store that was here lies in {aside}")
