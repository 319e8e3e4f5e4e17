"""The two sides of an import: parts made of a file by the command line, and taken by the store, one after another.

The store's side is the action `import_part`, or the same function where no ingest runs. It keeps the keeper's lock for
one part at a time and needs the writer for new names alone, so readings go on being stored meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.storage.importing import Taken, names_in, take
from ingest.storage.transactions import transaction
from ingest.writer import Writer
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.timestamps import now_us

#: Has the writer's thread do something, or does it where there is none.
InWriter = Callable[[Callable[[], Any]], Any]
_PART = re.compile(r"import-[0-9a-z]{1,40}/part-[0-9]{1,9}\.parquet")


def import_part(writer: Writer, name: str, in_writer: InWriter) -> dict[str, Any]:
    """Take a part into the store; `{added, known, expired}`. Raises ActionError for a name that is none."""
    if not _PART.fullmatch(name):
        raise ActionError(f"'{name[:80]}' is no part of an import")
    part = writer.keeper.backups / name
    if not part.is_file():
        raise ActionError(f"{part} is not there: run the import again")
    wanted = writer.keeper.work(lambda cursor: names_in(cursor, part))
    names = in_writer(lambda: _series(writer, wanted))
    taken: Taken = writer.keeper.work(lambda cursor: take(cursor, writer.keeper.archive, part, names))
    in_writer(lambda: writer.imported(taken.added, taken.newest_us))
    return asdict(taken)


def _series(writer: Writer, wanted: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Ids of the series, made where they are new."""
    catalog, at_us = writer.catalog, now_us()
    with transaction(writer.connection):
        try:
            return {
                (device, metric): catalog.series(catalog.device(device, at_us), metric, at_us)
                for device, metric in wanted
            }
        except BaseException:
            catalog.reload()
            raise


def part_name(import_id: str, number: int) -> str:
    """The name of a part below `backups/`."""
    return f"import-{import_id}/part-{number:06}.parquet"


def staging(folder: DataFolder, import_id: str) -> Path:
    """The folder of one import's parts."""
    return folder.backups / f"import-{import_id}"
