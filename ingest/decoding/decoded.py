"""What a message may say, decoded: the frozen forms that pass from the decoder to the batch.

No behaviour here. A message that could not be read is one of these forms too: nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from telemetry.commands import Command
from telemetry.controls import Control

#: The board's clock was wrong: the reading is kept at its time of arrival.
FLAG_BOARD_CLOCK = 1
#: This host's clock is behind what is stored: the board's time is believed.
FLAG_HOST_CLOCK = 2


class Sample(NamedTuple):
    """What a device measured at one moment. `boot` and `seq` are both there or both absent.

    The numbered samples of one message are of one boot, and their numbers follow each other. A named tuple, because one
    is made for every row of a batch.
    """

    device: str
    boot: str | None
    seq: int | None
    t_us: int
    values: Mapping[str, float]
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a status says of a metric."""

    unit: str | None = None
    label: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Who the board is and how it stands; `text` is its JSON as it came.

    `ended` are boots before this one, each with the last number it gave.
    """

    device: str
    online: bool
    text: str
    sensors: Mapping[str, Sensor] = field(default_factory=dict)
    ended: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What came of a command; `detail` is the board's state as JSON, or its reason for a refusal."""

    device: str
    id: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a board; `value` as JSON. `dropped` is (boot, from, to) of samples it gave up."""

    device: str
    t_us: int
    boot: str | None
    n: int | None
    event: str
    value: str
    dropped: tuple[str, int, int] | None = None
    #: A text that stands until the next one: told again, it is no news.
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of a sample or a batch, first and last included."""

    device: str
    boot: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message that could not be read, with the reason; `numbering` where at least that could be read."""

    topic: str
    reason: str
    payload: bytes
    length: int
    numbering: Numbering | None = None
    #: It is no use to try it again.
    final: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What a device of others tells of itself: its own name, what it measures, and what it takes commands for."""

    device: str
    source: str
    name: str | None = None
    #: Maker and model, as far as it says.
    model: str | None = None
    sensors: Mapping[str, Sensor] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    #: The topic that names these controls, and thereby all there are of it; empty: one or the other more.
    announced_by: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message that a source must remember to understand others, over restarts; an empty payload takes it back."""

    source: str
    topic: str
    payload: bytes


Decoded = Sample | Status | Acknowledgement | Event | Command | Quarantined | Description | Announcement
