"""What a backup holds, file by file, as `manifest.json` beside the files: rows, bytes and SHA-256 of each.

Written last, so a folder without one is no backup. Nothing here opens the store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest.storage.archive import quoted
from telemetry.errors import BackupError

FILE_NAME = "manifest.json"
_FORMAT = 1
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One Parquet file: its path within the backup, and the table that its rows belong to, or `archive`."""

    file: str
    table: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole backup. `tables` counts the rows of each table, empty ones too."""

    made_us: int
    schema: int
    readings: int
    tables: dict[str, int]
    files: tuple[BackupFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def write(self, folder: Path) -> None:
        body = {"format": _FORMAT, **asdict(self)}
        (folder / FILE_NAME).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest in a folder. Raises BackupError where there is none that can be read."""
    path = folder / FILE_NAME
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if body.pop("format") != _FORMAT:
            raise BackupError(f"{path} was written by a newer Lumos: install that one")
        files = tuple(BackupFile(**row) for row in body.pop("files"))
        found = Manifest(files=files, **body)
    except FileNotFoundError as cause:
        raise BackupError(f"{folder} is no backup: it holds no {FILE_NAME}") from cause
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise BackupError(f"{path} cannot be read ({cause}): choose another backup") from cause
    for file in found.files:
        if not (folder / file.file).resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"{path} names '{file.file[:64]}', which lies outside the backup")
    return found


def backups(folder: Path) -> list[tuple[Path, Manifest]]:
    """The backups in a folder that can be read, oldest first."""
    return sorted(_readable(folder), key=lambda found: found[1].made_us)


def _readable(folder: Path) -> Iterator[tuple[Path, Manifest]]:
    for path in folder.glob(f"*/{FILE_NAME}"):
        try:
            yield path.parent, read(path.parent)
        except BackupError:
            continue


def check(folder: Path, manifest: Manifest) -> None:
    """Read every file, count its rows, hash its bytes. Raises BackupError that names what differs."""
    with duckdb.connect(":memory:") as connection:
        complaints = (_complaint(connection, folder / file.file, file) for file in manifest.files)
        wrong = [complaint for complaint in complaints if complaint]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise BackupError(f"the backup {folder} is damaged: {wrong[0]}{more}. Choose another")


def _complaint(connection: duckdb.DuckDBPyConnection, path: Path, file: BackupFile) -> str:
    if not path.is_file():
        return f"{file.file} is missing"
    if path.stat().st_size != file.bytes or sha256(path) != file.sha256:
        return f"{file.file} has other bytes than were written"
    if rows_of(connection, path) != file.rows:
        return f"{file.file} has other rows than were counted"
    return ""


def rows_of(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """The rows of a Parquet file, by its own account."""
    ((rows,),) = connection.execute(f"SELECT count(*) FROM read_parquet({quoted(path)})").fetchall()
    return int(rows)


def sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()
