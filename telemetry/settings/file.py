"""lumos.toml: where it is looked for, and the texts that stand in it.

What a text means is not known here, only which keys there are: a key that is unknown is refused with the nearest one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telemetry.errors import SettingError, nearest

if TYPE_CHECKING:
    from telemetry.settings import Row

FILE_NAME = "lumos.toml"


def find_file(folder: Path, data_dir: str | None) -> Path | None:
    """The lumos.toml of the working folder, else that of the data folder (`data`, unless another is named)."""
    data = folder / "data" if data_dir is None else Path(data_dir).expanduser()
    return next((place / FILE_NAME for place in (folder, data) if (place / FILE_NAME).is_file()), None)


def read_file(path: Path, known: Mapping[str, Row]) -> tuple[dict[str, tuple[str, str]], dict[str, dict[str, Any]]]:
    """By setting: its text, with its origin; and the tables of sources. `known` are the settings by their keys."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as cause:
        raise SettingError(f"{path} cannot be read: {cause}. Mend it, or move it away") from cause
    tables = content.pop("source", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise SettingError(f"{path}: source takes tables: write [source.NAME] above the options of each")
    found: dict[str, tuple[str, str]] = {}
    for key, value in content.items():
        name = key.replace("_", "-")
        if name not in known:
            raise SettingError(f"{path}: '{key}' is no setting{nearest(name, known)}")
        if not isinstance(value, str | int | float):
            raise SettingError(f"{path}: {key} takes {known[name].help}, as a text or a number")
        text = f"{value:g}" if isinstance(value, float) else str(value)
        found[known[name].name] = (text, f"{path}: {key}")
    return found, tables
