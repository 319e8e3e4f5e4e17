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


class Episodes:
    """What is to be written at the end of a round, and what an earlier run left open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._opened: list[tuple[Any, ...]] = []
        self._ended: list[tuple[Any, ...]] = []
        self._told: list[tuple[str]] = []
        self._messages: list[tuple[Any, ...]] = []
        self._endings: dict[str, tuple[int, int]] = {}
        self._peaks: dict[str, tuple[float, int]] = {}

    def load_open(self) -> dict[tuple[str, str, str | None], Episode]:
        """The episodes that are open, by rule, device and metric; what was not written is forgotten."""
        for kept in (self._opened, self._ended, self._told, self._messages, self._peaks, self._endings):
            kept.clear()
        rows = self._connection.execute(
            """
            SELECT episode_id, rule_id, device, metric, began_us, peak, peak_us, told,
                acknowledged_by IS NOT NULL FROM alert_episodes
            WHERE ended_us IS NULL
            """
        ).fetchall()
        return {(row[1], row[2], row[3]): Episode(*row) for row in rows}

    def open(self, episode: Episode, series_id: int | None, severity: str, rule: str, at_us: int, value: float) -> None:
        """It tripped."""
        self._opened.append(
            (episode.episode_id, episode.rule_id, episode.device, episode.metric, series_id, severity, rule,
             episode.began_us, at_us, value, episode.peak, episode.peak_us, episode.told)
        )  # fmt: skip

    def peak(self, episode: Episode, peak: float, peak_us: int) -> None:
        """It got worse."""
        episode.peak, episode.peak_us = peak, peak_us
        self._peaks[episode.episode_id] = (peak, peak_us)

    def end(self, episode: Episode, ended_us: int, why: str) -> None:
        """It is over: `cleared`, or what made an end of watching it."""
        self._ended.append((episode.episode_id, max(ended_us, episode.began_us), why))

    def tell(self, episode: Episode) -> None:
        """It is news."""
        episode.told = True
        self._told.append((episode.episode_id,))

    def queue(self, episode: Episode, what: str, channels: Sequence[str], queued_us: int, due_us: int) -> None:
        """A message about it, for each channel."""
        for channel in channels:
            self._messages.append((str(ULID()), channel, episode.episode_id, what, queued_us, due_us))

    def queue_end(self, episode: Episode, queued_us: int, due_us: int) -> None:
        """Whoever was told that it began is told that it is over."""
        self._endings[episode.episode_id] = (queued_us, due_us)

    @property
    def has_news(self) -> bool:
        """Whether something other than a peak is to be written."""
        return bool(self._opened or self._ended or self._told or self._messages or self._endings)

    def write(self, *, peaks: bool = False) -> bool:
        """Within the caller's transaction: everything, peaks only where asked or where an episode ends; messages?"""
        waits = bool(self._messages or self._endings)
        if self._opened:
            self._insert("alert_episodes", self._opened, ", NULL, NULL, {12}::BOOLEAN, NULL, NULL, NULL", 12)
        if self._peaks and (peaks or self._ended):
            rows = [(key, *found) for key, found in self._peaks.items()]
            self._update("peak = new.b, peak_us = new.c", rows, "VARCHAR", "DOUBLE", "BIGINT")
            self._peaks.clear()
        if self._told:
            self._update("told = true", self._told, "VARCHAR")
        if self._ended:
            self._update("ended_us = new.b, ended_by = new.c", self._ended, "VARCHAR", "BIGINT", "VARCHAR")
        if self._endings:
            self._messages += self._told_of_endings()
        if self._messages:
            self._insert("alert_messages", self._messages, ", 0, NULL, NULL, NULL", 6)
        for kept in (self._opened, self._told, self._ended, self._messages, self._endings):
            kept.clear()
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
            (str(ULID()), channel, episode_id, "ended", *self._endings[episode_id])
            for episode_id, channel in sorted(told)
            if episode_id in self._endings
        ]

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]], rest: str, count: int) -> None:
        columns: list[object] = [list(column) for column in zip(*rows, strict=True)]
        lists = [f"unnest(${n})" for n in range(1, len(columns) + 1)]
        selected = ", ".join(lists[:count]) + rest.replace("{12}", lists[-1])
        self._connection.execute(f"INSERT INTO {table} SELECT {selected}", columns)

    def _update(self, change: str, rows: Sequence[tuple[Any, ...]], *kinds: str) -> None:
        columns: list[object] = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(f"unnest(${n}::{kind}[]) AS {'abc'[n - 1]}" for n, kind in enumerate(kinds, 1))
        self._connection.execute(
            f"UPDATE alert_episodes SET {change} FROM (SELECT {lists}) AS new WHERE episode_id = new.a", columns
        )
