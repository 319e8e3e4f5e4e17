"""Silence: which devices have not been heard for as long as a rule says.

Heard is what arrived, whatever time it is of. While ingest itself is away from the broker nothing can be heard, so that
time does not count, nor the moments after it in which boards come back. Used by the engine alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ingest.alerts.watch import Watch
from ingest.serving.recent import Recent
from telemetry.timestamps import US_PER_SECOND

#: After a start, or a reconnect, boards and the broker's queue have so long, if the rule gives them as much.
_GRACE_US = 30 * US_PER_SECOND
#: The host's clock was set: it moved by so much more, or less, than time has passed.
_JUMP_US = 10 * US_PER_SECOND

_Open = Callable[[Watch, int | None, float], None]
_End = Callable[[Watch, int], None]


class Silences:
    """The watches of kind `silent`."""

    def __init__(self, recent: Recent, open_: _Open, end: _End) -> None:
        self._recent = recent
        self._open = open_
        self._end = end
        self._watches: list[Watch] = []
        #: Series that something arrived of since the last look.
        self._arrived: set[int] = set()
        self._connected_us: int | None = None
        self._before: tuple[int, float] | None = None

    def watch(self, watches: Sequence[Watch], known: Mapping[int, tuple[int, float]], now_us: int) -> None:
        """These from now on; a new one counts from its newest reading, or from the making of its rule."""
        self._watches = list(watches)
        for watch in watches:
            if watch.heard_us == 0:
                newest = [known[each][0] for each in watch.series if each in known]
                newest += [t_us for each in watch.series if (t_us := self._recent.newest_of(each)) is not None]
                watch.heard_us = min(max([watch.kept.changed_us, *newest]), now_us)

    def arrived(self, rows: Sequence[Sequence[Any]]) -> None:
        """Readings came, of whatever time."""
        if self._watches:
            self._arrived.update({series_id for _, series_id, _, _ in rows})

    def look(self, now_us: int, seconds: float, *, connected: bool) -> None:
        """Open what has been silent for too long, end what was heard."""
        self._mind_clock(now_us, seconds)
        if not connected:
            self._connected_us = None
            return
        if self._connected_us is None:
            self._connected_us = now_us
        for watch in self._watches:
            if not self._arrived.isdisjoint(watch.series):
                watch.heard_us = now_us
                if watch.state.is_open:
                    self._speaks(watch, now_us)
            elif not watch.state.is_open and self._is_silent(watch, now_us, self._connected_us):
                silent = (now_us - watch.heard_us) / US_PER_SECOND
                watch.state.open_since(watch.heard_us, silent, silent, now_us)
                self._open(watch, None, silent)
        self._arrived.clear()

    def _speaks(self, watch: Watch, now_us: int) -> None:
        state = watch.state
        silent = (now_us - (state.since_us or now_us)) / US_PER_SECOND
        state.peak_value, state.peak_us, state.is_open, state.since_us = silent, now_us, False, None
        self._end(watch, now_us)

    def _is_silent(self, watch: Watch, now_us: int, connected_us: int) -> bool:
        wait_us = round(watch.rule.hold_seconds * US_PER_SECOND)
        return now_us >= max(watch.heard_us + wait_us, connected_us + min(wait_us, _GRACE_US))

    def _mind_clock(self, now_us: int, seconds: float) -> None:
        """When the host's clock is set, what was heard was heard as long ago as before."""
        if self._before is not None:
            drift_us = now_us - self._before[0] - round((seconds - self._before[1]) * US_PER_SECOND)
            if abs(drift_us) > _JUMP_US:
                for watch in self._watches:
                    watch.heard_us += drift_us
        self._before = (now_us, seconds)
