"""What a backup holds, file by file, as `manifest.json` beside the files: rows, bytes and SHA-256 of each.

Written last, so a folder without one is no backup. Nothing here opens the store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
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
    """A whole backup. `tables` counts the rows of each table, empty ones too.

    `damaged` names the files of closed days that were not in the store as they had been written, each with the hash
    that it should have (empty where nobody knows). They are in the backup as they lay, or not at all.
    """

    made_us: int
    schema: int
    readings: int
    tables: dict[str, int]
    files: tuple[BackupFile, ...]
    damaged: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def write(self, folder: Path) -> None:
        body = {"format": _FORMAT, **asdict(self)}
        if not self.damaged:
            del body["damaged"]  # so that an older Lumos reads it
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
    for name in (*(file.file for file in found.files), *found.damaged):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"{path} names '{name[:64]}', which lies outside the backup")
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


def intact(backup_list: Sequence[tuple[Path, Manifest]], file: str, sha256_wanted: str) -> Path | None:
    """A file with this hash in one of some backups, the newest first; None where none has it (any more)."""
    tried: set[int] = set()
    for path, found in reversed(backup_list):
        candidate = path / file
        if not any(each.file == file for each in found.files) or not candidate.is_file():
            continue
        number = candidate.stat().st_ino  # the same file under several names is read once
        if number not in tried and sha256(candidate) == sha256_wanted:
            return candidate
        tried.add(number)
    return None


def check(folder: Path, manifest: Manifest) -> None:
    """Read every file, count its rows, hash its bytes. Raises BackupError that names what differs."""
    with duckdb.connect(":memory:") as connection:
        complaints = (
            _complaint(connection, folder / file.file, file, counts=file.file not in manifest.damaged)
            for file in manifest.files
        )
        wrong = [complaint for complaint in complaints if complaint]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise BackupError(f"the backup {folder} is damaged: {wrong[0]}{more}. Choose another")


def _complaint(connection: duckdb.DuckDBPyConnection, path: Path, file: BackupFile, *, counts: bool) -> str:
    if not path.is_file():
        return f"{file.file} is missing"
    if path.stat().st_size != file.bytes or sha256(path) != file.sha256:
        return f"{file.file} has other bytes than were written"
    if counts and rows_of(connection, path) != file.rows:
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
