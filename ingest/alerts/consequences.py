"""What follows from a watch that trips or clears: its episode begins or ends, and is told once it is known to be news.

Nothing is looked at here: the engine says what tripped and what is over. Used in the writer's thread alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ulid import ULID

from ingest.alerts.episodes import Episode, Episodes
from ingest.alerts.quiet import quiet_until
from ingest.alerts.watch import Watch
from ingest.serving.recent import Recent
from telemetry.timestamps import US_PER_SECOND

#: What such a reading trips is news. An older one may be from a board that was out of reach: the next may take it back,
#: so it is told once nothing has followed for a while.
_FRESH_US = 60 * US_PER_SECOND
_SETTLED_US = 10 * US_PER_SECOND


class Consequences:
    """The episodes of watches. `channels` tells the ids of the channels that there are, `clock` the time."""

    def __init__(
        self, episodes: Episodes, recent: Recent, channels: Callable[[], Sequence[str]], clock: Callable[[], int]
    ) -> None:
        self._episodes = episodes
        self._recent = recent
        self.channels = channels
        self._clock = clock
        self._untold: set[Watch] = set()

    def watch(self, watches: Iterable[Watch]) -> None:
        """These are watched from now on."""
        self._untold = {watch for watch in watches if watch.episode is not None and not watch.episode.told}

    def open(self, watch: Watch, series_id: int | None, value: float) -> None:
        """It tripped."""
        state, rule, now = watch.state, watch.rule, self._clock()
        began_us = now if state.since_us is None else state.since_us
        episode = Episode(
            str(ULID()), watch.kept.rule_id, watch.device, watch.metric, began_us, state.peak_value, state.peak_us
        )
        watch.episode = episode
        self._episodes.open(episode, series_id, rule.severity, rule.to_json(), now, value)
        self._untold.add(watch)
        self._recent.revision += 1

    def worsen(self, watch: Watch) -> None:
        """Keep the peak, where it is another one."""
        if watch.episode is not None and watch.state.peak_us != watch.episode.peak_us:
            self._episodes.peak(watch.episode, watch.state.peak_value, watch.state.peak_us)

    def end(self, watch: Watch, ended_us: int) -> None:
        """It cleared."""
        self.worsen(watch)
        episode, watch.episode = watch.episode, None
        self._untold.discard(watch)
        if episode is not None:
            self._finish(episode, ended_us, "cleared", quiet_until(watch.rule, self._clock()))

    def give_up(self, episode: Episode, now: int, why: str) -> None:
        """Nobody watches it any more: `rule`, or `changed`."""
        self._finish(episode, now, why, None)

    def _finish(self, episode: Episode, ended_us: int, why: str, quiet_us: int | None) -> None:
        self._episodes.end(episode, ended_us, why)
        if episode.told:
            now = self._clock()
            self._episodes.queue_end(episode, now, quiet_us or now)
        self._recent.revision += 1

    def tell(self, now: int) -> None:
        """Queue the messages about episodes that are known to be news."""
        for watch in list(self._untold):
            episode, rule = watch.episode, watch.rule
            is_fresh = watch.is_silence or watch.state.last_us >= now - _FRESH_US
            if episode is None or not (is_fresh or now - watch.touched_us >= _SETTLED_US):
                continue
            self._untold.discard(watch)
            self._episodes.tell(episode)
            until_us = quiet_until(rule, now)
            if until_us is None or rule.quiet_then == "digest":
                there = self.channels()
                wanted = there if rule.channels is None else [each for each in rule.channels if each in there]
                self._episodes.queue(episode, "opened", wanted, now, until_us or now)
