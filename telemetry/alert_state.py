"""The state machine of one rule on one series: clear, pending while it must still hold, open until it clears.

Pure: it knows no clock and no store. It takes how bad each reading is (`excess`: larger is worse), in order of time,
and tells what changed. Used by ingest for what comes in, and by the preview for what has been.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from telemetry.alerts import PER, Rule, is_battery_flag
from telemetry.timestamps import US_PER_SECOND

_STEPS = 16


class Change(Enum):
    """What a reading, or time, made of it."""

    OPENED = "opened"
    CLOSED = "closed"


class State:
    """A reading trips it beyond `level`, once that has held for `hold_us`; one at or under `clear` ends it."""

    __slots__ = (
        "clear",
        "hold_us",
        "is_open",
        "last_us",
        "last_value",
        "level",
        "peak",
        "peak_us",
        "peak_value",
        "since_us",
    )

    def __init__(self, level: float, clear: float, hold_us: int) -> None:
        self.level = level
        self.clear = clear
        self.hold_us = hold_us
        self.is_open = False
        #: Since when it has been beyond the level without a pause; None while it is not.
        self.since_us: int | None = None
        #: The worst excess since then, the value that it was, and when.
        self.peak = 0.0
        self.peak_value = 0.0
        self.peak_us = 0
        #: The newest reading that was looked at: older ones say nothing of now.
        self.last_us = -(2**62)
        self.last_value = 0.0

    @property
    def is_pending(self) -> bool:
        return self.since_us is not None and not self.is_open

    def take(self, t_us: int, excess: float, value: float) -> Change | None:
        """A reading came. One older than the newest, or of the same moment, changes nothing."""
        if t_us <= self.last_us:
            return None
        self.last_us, self.last_value = t_us, value
        if self.is_open:
            if excess <= self.clear:
                self.is_open, self.since_us = False, None
                return Change.CLOSED
            self._worse(t_us, excess, value)
            return None
        if excess <= self.level:
            self.since_us = None
            return None
        if self.since_us is None:
            self.since_us, self.peak = t_us, float("-inf")
        self._worse(t_us, excess, value)
        return self._trip(t_us)

    def pass_time(self, now_us: int) -> Change | None:
        """Nothing came: the last reading stands, so what is pending may have held long enough by now."""
        return self._trip(now_us) if self.is_pending else None

    def open_since(self, since_us: int, peak: float, peak_value: float, peak_us: int) -> None:
        """As it was before a restart."""
        self.is_open, self.since_us = True, since_us
        self.peak, self.peak_value, self.peak_us = peak, peak_value, peak_us

    def _worse(self, t_us: int, excess: float, value: float) -> None:
        if excess > self.peak:
            self.peak, self.peak_value, self.peak_us = excess, value, t_us

    def _trip(self, now_us: int) -> Change | None:
        if self.since_us is None or now_us - self.since_us < self.hold_us:
            return None
        self.is_open = True
        return Change.OPENED


class Slope:
    """How fast a value changes, measured over a whole minute or hour, so that the noise of one reading is no change."""

    __slots__ = ("_kept", "_step_us", "_window_us")

    def __init__(self, per: str) -> None:
        self._window_us = round(PER[per] * US_PER_SECOND)
        self._step_us = self._window_us // _STEPS
        #: Some readings of the window, a sixteenth of it apart; the first is as old as the window, or older.
        self._kept: deque[tuple[int, float]] = deque()

    @property
    def window_us(self) -> int:
        return self._window_us

    def take(self, t_us: int, value: float) -> float | None:
        """The change by minute or hour up to this reading; None while the window is not full."""
        kept, edge_us = self._kept, t_us - self._window_us
        if not kept:
            kept.append((t_us, value))
            return None
        newest_us = kept[-1][0]
        if t_us <= newest_us:
            return None
        while len(kept) > 1 and kept[1][0] <= edge_us:
            kept.popleft()
        then_us, before = kept[0]
        if t_us - newest_us >= self._step_us:
            kept.append((t_us, value))
        return (value - before) * self._window_us / (t_us - then_us) if then_us <= edge_us else None


def state_of(rule: Rule, metric: str | None) -> State:
    """A fresh state for a rule on a metric."""
    hold_us = round(rule.hold_seconds * US_PER_SECOND)
    if rule.kind == "battery" and metric is not None and is_battery_flag(metric):
        return State(0.5, 0.5, hold_us)
    level = 0.0 if rule.level is None else rule.level
    if rule.kind in ("below", "battery"):
        return State(-level, -rule.clears_at, hold_us)
    if rule.kind == "silent":
        return State(rule.hold_seconds, rule.hold_seconds, 0)
    return State(level, rule.clears_at, hold_us)


def sign_of(rule: Rule, metric: str | None) -> float:
    """What a value is multiplied with to be an excess, for kinds that look at the value alone."""
    is_flag = rule.kind == "battery" and metric is not None and is_battery_flag(metric)
    return -1.0 if rule.kind in ("below", "battery") and not is_flag else 1.0


def excess_of_change(rule: Rule, change: float) -> float:
    """How fast, in the direction that the rule watches."""
    return abs(change) if rule.direction == "any" else change if rule.direction == "rising" else -change


def excess_of_band(value: float, low: float, high: float) -> float:
    """How far a value lies outside a band, in percent of its width; negative inside."""
    beyond = max(low - value, value - high)
    width = high - low
    if width <= 0:
        return beyond if beyond <= 0 else float("inf")
    return 100.0 * beyond / width
