"""A row of the table of actions: what it takes, and what it does. The tables themselves lie beside what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.actions import Actions

#: What an argument may be; with NoneType it may also be absent.
TEXT = (str,)
MAYBE_TEXT = (str, type(None))
MAYBE_NUMBER = (int, float, type(None))
TIME = (int,)
MAYBE_TIME = (int, type(None))


@dataclass(frozen=True, slots=True)
class Action:
    """What it takes (name → types, with None where it may be absent), and what it does, given the arguments and who."""

    takes: Mapping[str, tuple[type, ...]]
    run: Callable[[Actions, Mapping[str, Any], str], Any]
