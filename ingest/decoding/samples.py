"""The forms in which samples come, a sample, a batch, a bare number, and which of the clocks is believed.

Part of the decoder, and pure like it. The forms are those of docs/contract.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, repeat
from typing import Any

from ingest.decoding.decoded import FLAG_BOARD_CLOCK, FLAG_HOST_CLOCK, Numbering, Sample
from ingest.decoding.payload import (
    LARGEST_NUMBER,
    UnreadableError,
    is_boot,
    is_count,
    read_json,
    read_name,
    read_number,
)
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, US_PER_MS
from telemetry.topics import ORIGINAL_METRIC, TopicAddress

_EARLIEST_US = 1_577_836_800_000_000  # 2020-01-01, before which no board of ours ran
_LATEST_US = 4_102_444_800_000_000  # 2100-01-01
_AHEAD_US = 10 * US_PER_MINUTE
#: How far past the newest stored time a board is believed by a host that knows its own clock to be wrong. Without an
#: end, one board with a clock in 2090 would make the host distrust itself until then.
_BELIEVED_US = 366 * US_PER_DAY
_BARE_METRIC = "value"
_RESERVED = frozenset(("boot", "seq", "t", "age"))
_NUMBERS = frozenset((int, float))
_NO_ROW = "each of rows is [time, {metric: value}]"
#: One sample of what it has, as its own constructor makes it, without a step through Python for each row of a batch.
_make_sample: Callable[[Iterable[Any]], Sample] = partial(tuple.__new__, Sample)


@dataclass(frozen=True, slots=True)
class Clock:
    """What the host knows of the time when a message arrives: its own clock, and the newest time it has stored."""

    arrived_us: int
    newest_us: int = 0

    @property
    def behind(self) -> bool:
        """The host's clock is behind the store, or at its beginning: a Raspberry Pi that was not on the network yet."""
        return self.newest_us > self.arrived_us + _AHEAD_US or self.arrived_us < _EARLIEST_US

    def believes(self, t_us: int) -> bool:
        """Whether a board's time can be true."""
        if t_us < _EARLIEST_US:
            return False
        if t_us <= self.arrived_us + _AHEAD_US:
            return True
        return self.behind and t_us <= (self.newest_us + _BELIEVED_US if self.newest_us else _LATEST_US)

    @property
    def flags(self) -> int:
        """The flags of a reading whose time is kept as it came."""
        return FLAG_HOST_CLOCK if self.behind else 0


def read_output(address: TopicAddress, payload: bytes, clock: Clock) -> list[Sample]:
    """The samples in a payload of an `output` topic. Raises UnreadableError, with their numbers where it can."""
    if address.original:
        return [_bare(address.device, ORIGINAL_METRIC, _original_number(payload), clock)]
    body = read_json(payload)
    if isinstance(body, int | float):
        return [_bare(address.device, _BARE_METRIC, read_number(_BARE_METRIC, body), clock)]
    if not isinstance(body, dict):
        raise UnreadableError("a sample is a JSON object or a bare number")
    boot, seq = _numbering(body)
    try:
        if "rows" in body:
            return _batch(address.device, body, boot, seq, clock)
        return [_sample(address.device, body, boot, seq, clock)]
    except UnreadableError as error:
        if boot is not None and seq is not None:
            rows = body.get("rows")
            last = seq + len(rows) - 1 if isinstance(rows, list) and rows else seq
            error.numbering = Numbering(address.device, boot, seq, last)
        raise


def _bare(device: str, metric: str, value: float, clock: Clock) -> Sample:
    return Sample(device, None, None, clock.arrived_us, {metric: value}, clock.flags)


def _original_number(payload: bytes) -> float:
    text = payload.strip()
    try:
        # float() takes more than the original program sends: 1_0, nan, infinity.
        value = float(text) if b"_" not in text and len(text) <= 64 else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableError("the original program's topic takes a bare number")
    return value


def _sample(device: str, body: dict[str, Any], boot: str | None, seq: int | None, clock: Clock) -> Sample:
    t_us, flags = read_time(body, clock)
    values = _values({metric: value for metric, value in body.items() if metric not in _RESERVED})
    if boot is None and not body.keys() - _RESERVED:
        raise UnreadableError("the sample holds no metric")
    return Sample(device, boot, seq, t_us, values, flags)


def _batch(device: str, body: dict[str, Any], boot: str | None, first: int | None, clock: Clock) -> list[Sample]:
    rows = body["rows"]
    if not isinstance(rows, list) or not rows:
        raise UnreadableError("rows takes a list of [time, {metric: value}]")
    extra = body.keys() - {"boot", "seq", "rows"}
    if extra:
        raise UnreadableError(f"a batch has boot, seq and rows, not '{min(extra)[:64]}'")
    # Row by row this would be most of what a reading costs: each step here goes over all rows at once.
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {2}:
        raise UnreadableError(_NO_ROW)
    times, bodies = zip(*rows, strict=True)
    if set(map(type, bodies)) != {dict}:
        raise UnreadableError(_NO_ROW)
    values = _all_values(bodies)
    moments, flags = _batch_times(_all_milliseconds(times), clock)
    numbers = repeat(None) if first is None else count(first)
    return list(map(_make_sample, zip(repeat(device), repeat(boot), numbers, moments, values, repeat(flags))))


def _batch_times(times: list[int], clock: Clock) -> tuple[list[int], int]:
    """The moments of a batch's rows; negative ones are ages. A wrong clock is shifted, so that the spacing stays."""
    told = [t_us for t_us in times if t_us >= 0]
    if not told or (clock.believes(min(told)) and clock.believes(max(told))):
        shift, flags = 0, clock.flags
        if len(told) == len(times):
            return times, flags
    else:
        # The board's clock is wrong, its spacing is not: the newest row becomes the moment of arrival.
        shift, flags = clock.arrived_us - max(told), FLAG_BOARD_CLOCK
    moments = [_settle(t_us + (shift if t_us >= 0 else clock.arrived_us), clock) for t_us in times]
    return moments, flags


def _settle(t_us: int, clock: Clock) -> int:
    """A moment, or that of arrival when not even an age or a shifted time makes sense."""
    return t_us if t_us >= _EARLIEST_US or clock.behind else clock.arrived_us


def _numbering(body: dict[str, Any]) -> tuple[str | None, int | None]:
    boot, seq = body.get("boot"), body.get("seq")
    if boot is None and seq is None:
        return None, None
    if not is_boot(boot):
        raise UnreadableError("boot takes a text of 1 to 64 characters, together with seq")
    if not is_count(seq):
        raise UnreadableError("seq takes a whole number from 0, together with boot")
    return boot, seq


def read_time(body: dict[str, Any], clock: Clock) -> tuple[int, int]:
    """The moment of a sample or an event, from `t` or `age` or its arrival, and flags when a clock is wrong."""
    if body.get("t") is not None:
        t_us = _milliseconds("t", body["t"])
        return (t_us, clock.flags) if clock.believes(t_us) else (clock.arrived_us, FLAG_BOARD_CLOCK)
    if body.get("age") is not None:
        age_us = _milliseconds("age", body["age"])
        if age_us < 0:
            raise UnreadableError("age takes milliseconds from 0")
        t_us = clock.arrived_us - age_us
        settled = _settle(t_us, clock)
        return settled, clock.flags if settled == t_us else FLAG_BOARD_CLOCK
    return clock.arrived_us, clock.flags


def _milliseconds(name: str, value: Any) -> int:
    """Microseconds of a time in milliseconds."""
    # `bool` is an `int` to isinstance, and no time.
    if (type(value) is not int and type(value) is not float) or not abs(value) < LARGEST_NUMBER:
        raise UnreadableError(f"{name} takes milliseconds as a number")
    return int(value * US_PER_MS)


def _all_milliseconds(times: Sequence[Any]) -> list[int]:
    """Microseconds of a batch's times, all at once where they are what they should be."""
    if set(map(type, times)) == {int} and max(times) < LARGEST_NUMBER and min(times) > -LARGEST_NUMBER:
        return [t_ms * US_PER_MS for t_ms in times]
    return [_milliseconds("a row's time", t_ms) for t_ms in times]


def _all_values(bodies: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """The values of a batch's rows: numbers under names that are kept as they are need no look at each."""
    names: set[str] = set().union(*bodies)
    kinds = set(map(type, chain.from_iterable(map(dict.values, bodies))))
    if not kinds <= _NUMBERS or any(read_name(name) != name for name in names):
        return list(map(_values, bodies))
    if int not in kinds:
        return list(bodies)  # JSON's numbers are finite
    return [dict(zip(body, map(float, body.values()), strict=True)) for body in bodies]


def _values(body: dict[str, Any]) -> dict[str, float]:
    return {read_name(metric): read_number(metric, value) for metric, value in body.items() if value is not None}
