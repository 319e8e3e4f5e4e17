"""The actions on backups and on what may be set while ingest runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.storage.keeper import Keeper
from ingest.storage.run_time import change


def back_up(keeper: Keeper, _arguments: Mapping[str, Any], _by: str) -> dict[str, Any]:
    """Make a backup of this moment in data/backups; it is kept until somebody deletes it."""
    path, found = keeper.back_up()
    return {
        "path": str(path), "readings": found.readings, "bytes": found.bytes, "files": len(found.files),
        "made_us": found.made_us,
    }  # fmt: skip


def change_setting(keeper: Keeper, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Change a setting while ingest runs, as text as on the command line; without a value: back to what was given."""
    keeper.work(lambda cursor: change(cursor, arguments["key"], arguments.get("value"), by))
    return {"key": arguments["key"], "value": arguments.get("value")}
