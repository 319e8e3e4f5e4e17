"""What people say of devices and their metrics: names, places, tags, notes, colours; labels, units, ranges, decimals.

It covers what a board says of itself and never changes it: a word that is taken back leaves the board's own. Every text
is only ever text. Runs in the writer's thread.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import duckdb

from ingest.catalog import Catalog
from ingest.storage.transactions import transaction
from telemetry.errors import ActionError, nearest

_NAME_LENGTH = 128
_NOTES_LENGTH = 4_000
_UNIT_LENGTH = 32
_TAG_LENGTH = 32
_MOST_TAGS = 16
_MOST_DECIMALS = 9
_COLOUR = re.compile(r"#[0-9a-f]{6}")
#: Characters that are none: NUL, halves of pairs, and controls other than the line feed.
_NO_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")


class Describing:
    """Writes people's words of devices and series."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._connection = connection
        self._catalog = catalog

    def device(self, device: str, said: Mapping[str, Any]) -> None:
        """Keep what is said of a device; what is not named stays, None takes it back. Raises ActionError."""
        device_id = self.known(device)
        words = {key: _DEVICE[key](key, value) for key, value in said.items()}
        own = {key: words[key] for key in ("name", "place") if key in words}
        traits: dict[str, Any] = {key: value for key, value in words.items() if key not in own}
        with transaction(self._connection):
            for key, value in own.items():
                self._connection.execute(f"UPDATE devices SET {key} = $1 WHERE device_id = $2", [value, device_id])
            if traits:
                self._replace("device_traits", "device_id", device_id, traits)

    def metric(self, device: str, metric: str, said: Mapping[str, Any]) -> None:
        """Keep what is said of a metric, for the devices that this one replaced too. Raises ActionError."""
        self.known(device)
        found = self._catalog.all_series(device, metric)
        if not found:
            raise ActionError(f"{device} has no metric '{metric[:64]}'{nearest(metric, self._catalog.metrics(device))}")
        words = {key: _METRIC[key](key, value) for key, value in said.items()}
        with transaction(self._connection):
            for series_id in found:
                self._replace("series_traits", "series_id", series_id, words)
                self._refuse_empty_range(series_id)

    def known(self, device: str) -> int:
        """The device's id. Raises ActionError for one that nobody heard of."""
        device_id = self._catalog.find_device(device)
        if device_id is None:
            raise ActionError(f"'{device[:64]}' is no device that was ever heard of")
        return device_id

    def _replace(self, name: str, key: str, number: int, said: Mapping[str, Any]) -> None:
        """A row with something changed, in the place of the old one; none where nothing is said any more."""
        cursor = self._connection.execute(f"SELECT * FROM {name} WHERE {key} = $1", [number])
        columns = [column[0] for column in cursor.description or ()]
        row = dict(zip(columns, cursor.fetchone() or [None] * len(columns), strict=True))
        row |= {key: number, **said}
        if name == "device_traits":
            row |= {"tags": row["tags"] or [], "hidden": bool(row["hidden"])}
        self._connection.execute(f"DELETE FROM {name} WHERE {key} = $1", [number])
        if any(value not in (None, [], False) for column, value in row.items() if column != key):
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            self._connection.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})", list(row.values()))

    def _refuse_empty_range(self, series_id: int) -> None:
        ((low, high),) = self._connection.execute(
            "SELECT low, high FROM shown_series WHERE series_id = $1", [series_id]
        ).fetchall()
        if low is not None and high is not None and low >= high:
            raise ActionError(f"the range from {low:g} to {high:g} is empty: its low end must lie below its high end")


def _line(most: int) -> Any:
    def check(key: str, value: Any) -> str | None:
        """One line of text, the spaces around and between its words made one; None for nothing."""
        text = " ".join(str(value or "").split())
        return _text(key, text, most) or None

    return check


def _notes(key: str, value: Any) -> str | None:
    return _text(key, "\n".join(str(value or "").strip().splitlines()).replace("\t", "    "), _NOTES_LENGTH) or None


def _text(key: str, text: str, most: int) -> str:
    if len(text) > most:
        raise ActionError(f"{key} has at most {most:,} characters, this one has {len(text):,}: shorten it")
    if _NO_TEXT.search(text):
        raise ActionError(f"{key} holds a character that is none (NUL, a control, or half of a pair): remove it")
    return text


def _tags(key: str, value: Any) -> list[str]:
    if value is not None and not isinstance(value, list):
        raise ActionError(f"{key} takes a list of texts")
    tags: dict[str, str] = {}
    for tag in value or []:
        if not isinstance(tag, str):
            raise ActionError(f"{key} takes a list of texts, not {tag!r:.64}")
        text = _line(_TAG_LENGTH)("a tag", tag)
        if text and "," in text:
            raise ActionError(f"a tag has no comma: '{text}' would be two")
        if text:
            tags.setdefault(text.casefold(), text)
    if len(tags) > _MOST_TAGS:
        raise ActionError(f"a device has at most {_MOST_TAGS} tags, these are {len(tags)}")
    return list(tags.values())


def _colour(key: str, value: Any) -> str | None:
    if value is not None and not _COLOUR.fullmatch(str(value).lower()):
        raise ActionError(f"{key}={value!r:.32} must be like #1f77b4")
    return None if value is None else str(value).lower()


def _hidden(_key: str, value: Any) -> bool:
    return bool(value)


def _bound(key: str, value: Any) -> float | None:
    if value is not None and not math.isfinite(value):
        raise ActionError(f"{key}={value} must be a finite number")
    return None if value is None else float(value)


def _decimals(key: str, value: Any) -> int | None:
    if value is not None and (value != int(value) or not 0 <= value <= _MOST_DECIMALS):
        raise ActionError(f"{key}={value} must be a whole number from 0 to {_MOST_DECIMALS}")
    return None if value is None else int(value)


#: What may be said, and how each is checked: adding one is a row here, a column in the schema, a type in the action.
_DEVICE: Mapping[str, Any] = {
    "name": _line(_NAME_LENGTH), "place": _line(_NAME_LENGTH), "tags": _tags, "notes": _notes, "colour": _colour,
    "hidden": _hidden,
}  # fmt: skip
_METRIC: Mapping[str, Any] = {
    "label": _line(_NAME_LENGTH), "unit": _line(_UNIT_LENGTH), "low": _bound, "high": _bound, "decimals": _decimals,
}  # fmt: skip
