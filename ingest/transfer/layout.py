"""Which column of a file is what: by its default name, by `--map`, or each column a metric (`--wide`).

Pure; raises TransferError with the columns that there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from telemetry.errors import TransferError, nearest

#: The columns of a long file, and their default names.
ROLES = ("time", "device", "metric", "value")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line said of a file's columns."""

    #: Role → column.
    columns: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    metric: str = ""
    #: Column → metric; None: the file is long. Empty: every column that is not time or device.
    wide: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a row: places of columns, -1 where a fixed name stands for it."""

    time: int
    device: int
    metric: int
    value: int
    fixed_device: str
    fixed_metric: str
    #: Place and metric of each value of a wide row; empty for a long one.
    values: tuple[tuple[int, str], ...]

    @property
    def width(self) -> int:
        """How many cells a row must have at least."""
        return 1 + max(
            self.time, self.device, self.metric, self.value, *(place for place, _ in self.values or ((0, ""),))
        )


def layout_of(header: Sequence[str], wishes: Wishes, file: str) -> Layout:
    """The layout of a file with this header. Raises TransferError."""
    columns = _Header(header, wishes, file)
    time = columns.place("time")
    device = -1 if wishes.device else columns.place("device", ", or name one for the whole file with --device NAME")
    if wishes.wide is not None:
        others = {name: name for place, name in enumerate(columns.names) if place not in (time, device) and name}
        chosen = wishes.wide or others
        if not chosen:
            raise TransferError(f"{file} has no column that could be a metric")
        values = tuple((columns.named(column), metric) for column, metric in chosen.items())
        return Layout(time, device, -1, -1, wishes.device, "", values)
    more = ", name one for the whole file with --metric NAME, or say --wide where each column is a metric"
    metric = -1 if wishes.metric else columns.place("metric", more)
    return Layout(time, device, metric, columns.place("value"), wishes.device, wishes.metric, ())


class _Header:
    """A file's columns, found by name; capital letters do not matter where there is no doubt."""

    def __init__(self, header: Sequence[str], wishes: Wishes, file: str) -> None:
        self.names = [name.strip() for name in header]
        self._folded = {name.casefold(): place for place, name in reversed(list(enumerate(self.names)))}
        self._wishes = wishes
        self._file = file

    def place(self, role: str, more: str = "") -> int:
        """Where a role's column stands. Raises TransferError with what else one may say."""
        if role in self._wishes.columns:
            return self.named(self._wishes.columns[role])
        if role in self._folded:
            return self._folded[role]
        there = ", ".join(name[:40] for name in self.names[:20]) or "none"
        raise TransferError(
            f"{self._file} has no column '{role}' (there are {there}): say which with --map {role}=COLUMN{more}"
        )

    def named(self, column: str) -> int:
        """Where a column stands. Raises TransferError with the nearest one."""
        if column in self.names:
            return self.names.index(column)
        if column.casefold() in self._folded:
            return self._folded[column.casefold()]
        raise TransferError(f"{self._file} has no column '{column}'{nearest(column, self.names)}")
