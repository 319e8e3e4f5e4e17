"""Who is watched, by which rules, and which values of each series change nothing for any of them.

Made anew when rules, tags, names or series change; what goes on keeps its state. Nothing is decided here: the engine
asks, and writes. Used in the writer's thread alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ingest.alerts.episodes import Episode
from ingest.alerts.past import catch_up, newest
from ingest.alerts.rules import KeptRule, Rules
from ingest.alerts.watch import NEVER, Bands, Key, Watch, targets
from ingest.catalog import Catalog
from ingest.serving.recent import Recent
from telemetry.corrections import Correction, in_force, shown_value

_BEFORE_EVERYTHING = -(2**62)


class Book:
    """The watches of the rules in force."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rules: Rules, catalog: Catalog, recent: Recent) -> None:
        self._connection = connection
        self._rules = rules
        self._catalog = catalog
        self._recent = recent
        self.watches: dict[Key, Watch] = {}
        self.by_series: dict[int, list[Watch]] = {}
        #: Series → the values that change nothing, whichever rule watches it.
        self.quiet: dict[int, tuple[float, float]] = {}
        #: The newest reading of watched series in earlier runs.
        self.known: dict[int, tuple[int, float]] = {}
        self._in_force: list[KeptRule] = []
        self._tags: dict[str, list[str]] = {}
        self._corrections: list[Correction] = []
        self._bands: dict[Key, Bands] = {}
        #: By the clock of which zone they were looked up.
        self._zones: dict[Key, str] = {}
        self._generation = -1

    @property
    def is_outdated(self) -> bool:
        """Whether there are devices or series that were not there when the watches were made."""
        return self._generation != self._catalog.generation

    def forget(self) -> None:
        """Know nothing but what the store knows."""
        self.watches, self.known = {}, {}

    def read(self) -> None:
        """Rules, tags and corrections as the store has them."""
        self._in_force = self._rules.in_force()
        rows = self._connection.execute("SELECT device, tags FROM device_traits JOIN devices USING (device_id)")
        self._tags = dict(rows.fetchall()) if self._in_force else {}
        self._corrections = in_force(self._connection) if self._in_force else []

    def bind(self, now_us: int, left_open: dict[Key, Episode]) -> list[tuple[Episode, str]]:
        """Make the watches anew; the episodes that nobody watches any more, with why (`rule`, or `changed`).

        `left_open` are those of an earlier run.
        """
        before, self._generation = self.watches, self._catalog.generation
        made = {watch.key: watch for watch in targets(self._in_force, self._catalog, self._tags)}
        self._learn({series_id for watch in made.values() for series_id in watch.series}, anew=not before)
        fresh = []
        for key, watch in made.items():
            watch.bands = self._bands.get(key, watch.bands)
            old = before.get(key)
            if old is not None and _goes_on(old, watch):
                _take_over(old, watch)
                continue
            fresh.append(watch)
            if key in left_open:
                watch.as_before(left_open.pop(key))
                watch.touched_us = now_us
        catch_up(self._connection, fresh, self.known, now_us)
        self.watches = made
        self._index(now_us)
        kept = {id(watch.episode) for watch in made.values() if watch.episode is not None}
        gone = [watch.episode for watch in before.values() if watch.episode and id(watch.episode) not in kept]
        rules = {rule.rule_id for rule in self._in_force}
        return [
            (episode, "changed" if episode.rule_id in rules else "rule") for episode in [*gone, *left_open.values()]
        ]

    def requiet(self, watch: Watch, now_us: int) -> None:
        """Say anew which values of a watch's series change nothing."""
        if watch.is_silence:
            return
        for series_id in watch.series:
            if any(each.series_id == series_id and each.to_us > now_us for each in self._corrections):
                self.quiet[series_id] = NEVER  # what is stored is not what is shown
                continue
            spans = [each.quiet(now_us) for each in self.by_series[series_id]]
            self.quiet[series_id] = (max(low for low, _ in spans), min(high for _, high in spans))

    def floor(self, series_id: int, now_us: int) -> int:
        """The newest reading of a series before this batch: what is not newer says nothing of now."""
        recent, known = self._recent.newest_of(series_id), self.known.get(series_id)
        newest_us = max(recent or _BEFORE_EVERYTHING, known[0] if known else _BEFORE_EVERYTHING)
        return min(newest_us, now_us - 1)

    def shown(self, series_id: int, t_us: int, value: float) -> float | None:
        """A reading as it is shown; None where it is hidden."""
        return shown_value(self._corrections, series_id, t_us, value) if self._corrections else value

    def wanting_bands(self, *, only_new: bool) -> list[tuple[Key, str]]:
        """The watches that compare with what is usual, with their zones."""
        return [
            (key, watch.rule.zone)
            for key, watch in list(self.watches.items())
            if watch.rule.kind == "outside" and not (only_new and self._zones.get(key) == watch.rule.zone)
        ]

    def take_bands(self, found: Mapping[Key, Bands], now_us: int) -> None:
        """What is usual, by watch."""
        self._bands.update(found)
        for key, bands in found.items():
            watch = self.watches.get(key)
            if watch is not None:
                self._zones[key], watch.bands = watch.rule.zone, bands
                self.requiet(watch, now_us)

    def _learn(self, series_ids: set[int], *, anew: bool) -> None:
        """Of series that are watched from now on: what is their newest reading? `anew`: nothing is known of any."""
        unknown = {each for each in series_ids - self.known.keys() if anew or self._recent.newest_of(each) is None}
        self.known.update(newest(self._connection, unknown))

    def _index(self, now_us: int) -> None:
        self.by_series, self.quiet = {}, {}
        for watch in self.watches.values():
            for series_id in () if watch.is_silence else watch.series:
                self.by_series.setdefault(series_id, []).append(watch)
        for watch in self.watches.values():
            self.requiet(watch, now_us)


def _goes_on(old: Watch, new: Watch) -> bool:
    """Whether a watch says the same as before, but for levels and whom it tells."""
    return old.rule.kind == new.rule.kind and old.rule.per == new.rule.per and old.rule.direction == new.rule.direction


def _take_over(old: Watch, new: Watch) -> None:
    """The state of a watch goes on under the rule as it is now."""
    state = old.state
    new.state.is_open, new.state.since_us = state.is_open, state.since_us
    new.state.last_us, new.state.last_value = state.last_us, state.last_value
    new.state.peak, new.state.peak_value, new.state.peak_us = state.peak, state.peak_value, state.peak_us
    new.slope, new.episode, new.touched_us = old.slope, old.episode, old.touched_us
    new.heard_us = old.heard_us
