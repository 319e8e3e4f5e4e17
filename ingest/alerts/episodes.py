"""Episodes and the messages about them, as rows: what one round of watching found is written in a few statements.

Runs in the writer's thread, inside the transaction of the readings that it follows from: both are kept, or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from ulid import ULID


@dataclass(slots=True)
class Episode:
    """One time that a rule tripped. `told`: it is known to be news, so messages about it are on their way."""

    episode_id: str
    rule_id: str
    device: str
    metric: str | None
    began_us: int
    peak: float
    peak_us: int
    told: bool = False
    acknowledged: bool = False
    #: Whether messages about it were queued: somebody is told of its end, too.
    queued: bool = False


#: Places in a row of `alert_episodes`.
_PEAK, _ENDED, _TOLD = 10, 12, 14


class Episodes:
    """What is to be written at the end of a round, and what an earlier run left open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._appenders = {name: connection.appender(name) for name in ("alert_episodes", "alert_messages")}
        #: By episode: its whole row, until it is written once.
        self._opened: dict[str, list[Any]] = {}
        self._ended: list[tuple[str, int, str, float, int]] = []
        self._told: list[tuple[str]] = []
        self._messages: list[tuple[Any, ...]] = []
        self._endings: dict[str, tuple[int, int]] = {}
        self._peaks: dict[str, tuple[float, int]] = {}

    def load_open(self) -> dict[tuple[str, str, str | None], Episode]:
        """The episodes that are open, by rule, device and metric; what was not written is forgotten."""
        self._forget()
        self._peaks.clear()
        for appender in self._appenders.values():
            appender.clear()
        rows = self._connection.execute(
            """
            SELECT episode_id, rule_id, device, metric, began_us, peak, peak_us, told, acknowledged_by IS NOT NULL,
                episode_id IN (SELECT episode_id FROM alert_messages)
            FROM alert_episodes WHERE ended_us IS NULL
            """
        ).fetchall()
        return {(row[1], row[2], row[3]): Episode(*row) for row in rows}

    def open(self, episode: Episode, series_id: int | None, severity: str, rule: str, at_us: int, value: float) -> None:
        """It tripped."""
        self._opened[episode.episode_id] = [
            episode.episode_id, episode.rule_id, episode.device, episode.metric, series_id, severity, rule,
            episode.began_us, at_us, value, episode.peak, episode.peak_us, None, None, False, None, None, None,
        ]  # fmt: skip

    def peak(self, episode: Episode, peak: float, peak_us: int) -> None:
        """It got worse."""
        episode.peak, episode.peak_us = peak, peak_us
        row = self._opened.get(episode.episode_id)
        if row is not None:
            row[_PEAK : _PEAK + 2] = peak, peak_us
        else:
            self._peaks[episode.episode_id] = (peak, peak_us)

    def end(self, episode: Episode, ended_us: int, why: str) -> None:
        """It is over: `cleared`, or what made an end of watching it."""
        ended_us = max(ended_us, episode.began_us)
        self._peaks.pop(episode.episode_id, None)
        row = self._opened.get(episode.episode_id)
        if row is not None:
            row[_ENDED : _ENDED + 2] = ended_us, why
        else:
            self._ended.append((episode.episode_id, ended_us, why, episode.peak, episode.peak_us))

    def tell(self, episode: Episode) -> None:
        """It is news."""
        episode.told = True
        row = self._opened.get(episode.episode_id)
        if row is not None:
            row[_TOLD] = True
        else:
            self._told.append((episode.episode_id,))

    def queue(self, episode: Episode, what: str, channels: Sequence[str], queued_us: int, due_us: int) -> None:
        """A message about it, for each channel."""
        for channel in channels:
            episode.queued = True
            self._messages.append((str(ULID()), channel, episode.episode_id, what, queued_us, due_us, *_UNTRIED))

    def queue_end(self, episode: Episode, queued_us: int, due_us: int) -> None:
        """Whoever was told that it began is told that it is over."""
        if episode.queued:
            self._endings[episode.episode_id] = (queued_us, due_us)

    @property
    def has_news(self) -> bool:
        """Whether something other than a peak is to be written."""
        return bool(self._opened or self._ended or self._told or self._messages or self._endings)

    @property
    def has_peaks(self) -> bool:
        """Whether an open episode is worse than what is written of it."""
        return bool(self._peaks)

    def write(self, *, peaks: bool = False) -> bool:
        """Within the caller's transaction: everything, but peaks only where asked; whether messages are among it."""
        waits = bool(self._messages or self._endings)
        if self._opened:
            self._append("alert_episodes", list(self._opened.values()))
        if peaks and self._peaks:
            self._update("peak = new.b, peak_us = new.c", [(key, *found) for key, found in self._peaks.items()])
            self._peaks.clear()
        if self._told:
            self._update("told = true", self._told)
        if self._ended:
            self._update("ended_us = new.b, ended_by = new.c, peak = new.d, peak_us = new.e", self._ended)
        if self._endings:
            self._messages += self._told_of_endings()
        if self._messages:
            self._append("alert_messages", self._messages)
        self._forget()
        return waits

    def _told_of_endings(self) -> list[tuple[Any, ...]]:
        """The messages about endings, for the channels that were told of the beginnings."""
        told = {(row[2], row[1]) for row in self._messages if row[3] == "opened"}
        told |= set(
            self._connection.execute(
                "SELECT episode_id, channel_id FROM alert_messages"
                " WHERE what = 'opened' AND list_contains($1::VARCHAR[], episode_id)",
                [list(self._endings)],
            ).fetchall()
        )
        return [
            (str(ULID()), channel, episode_id, "ended", *self._endings[episode_id], *_UNTRIED)
            for episode_id, channel in sorted(told)
            if episode_id in self._endings
        ]

    def _append(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        self._appenders[table].append_rows(rows)
        self._appenders[table].flush()

    def _update(self, change: str, rows: Sequence[Sequence[Any]]) -> None:
        """All of them in one statement, whose columns are called a to e."""
        columns: list[object] = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(f"unnest(${n}) AS {'abcde'[n - 1]}" for n in range(1, len(columns) + 1))
        self._connection.execute(
            f"UPDATE alert_episodes SET {change} FROM (SELECT {lists}) AS new WHERE episode_id = new.a", columns
        )

    def _forget(self) -> None:
        for kept in (self._opened, self._told, self._ended, self._messages, self._endings):
            kept.clear()


#: Attempts, sent, given up, error: of a message that is new.
_UNTRIED = (0, None, None, None)
