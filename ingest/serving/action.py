"""A row of the table of actions: what it takes, and what it does. The tables themselves lie beside what they do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.storage.transactions import transact
from telemetry.errors import ActionError, nearest
from telemetry.timestamps import now_us

if TYPE_CHECKING:
    from ingest.serving.actions import Actions

Takes = Mapping[str, tuple[type, ...]]
#: What an argument may be; with NoneType it may also be absent.
TEXT = (str,)
MAYBE_TEXT = (str, type(None))
MAYBE_NUMBER = (int, float, type(None))
TIME = (int,)
MAYBE_TIME = (int, type(None))


@dataclass(frozen=True, slots=True)
class Action:
    """What it takes (name → types, with None where it may be absent), and what it does, given the arguments and who."""

    takes: Takes
    run: Callable[[Actions, Mapping[str, Any], str], Any]
    #: Runs in the asker's thread beside the writer, however long it takes (`ingest.serving.maintenance`).
    beside: bool = False
    #: Arguments that are not kept with the record of who asked: they hold passwords.
    secret: frozenset[str] = frozenset()


def check_arguments(name: str, takes: Takes, arguments: Mapping[str, Any]) -> None:
    """Raises ActionError where arguments are not what an action takes."""
    for key in arguments:
        if key not in takes:
            raise ActionError(f"{name} takes no '{key[:64]}'{nearest(key, takes)}")
    for key, kinds in takes.items():
        if key not in arguments and type(None) not in kinds:
            raise ActionError(f"{name} needs {key}")
        value = arguments.get(key)
        misfit = isinstance(value, bool) and bool not in kinds and object not in kinds  # True is an int to Python
        if misfit or not isinstance(value, kinds):
            raise ActionError(f"{name}: {key}={value!r:.64} is of the wrong type")


def record(connection: duckdb.DuckDBPyConnection, name: str, arguments: Mapping[str, Any], by: str) -> None:
    """Keep with who asked what was done. A result may hold a password; arguments that do are left out."""
    row: list[object] = [now_us(), by[:200], name, json.dumps(arguments, ensure_ascii=False)]
    transact(connection, ("INSERT INTO changes VALUES ($1, $2, $3, $4)", row))
