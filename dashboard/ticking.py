"""A tick: "what is new since here?", once a second from each browser; nearly always the answer is nothing.

What is new goes out as a patch of the figure, the newest reading, and signals that make other panels ask again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Any

from dash import no_update

from dashboard import drawing
from dashboard.context import Context
from dashboard.figures import Style, Window
from dashboard.live import Shown, append, into_buckets
from dashboard.panels.cards import newest_text
from dashboard.panels.header import DOWN, health_key
from dashboard.panels.parts import Child
from dashboard.stretches import Points
from dashboard.views import View
from telemetry.errors import LumosError, StoreUnavailableError
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_HOUR, US_PER_MS, US_PER_SECOND

_LOG = logging.getLogger(__name__)
#: The store's health is asked for on every so many ticks.
_HEALTH_EVERY = 5
#: How often the numbers beside a growing chart are asked for again, for a short and for a long range.
_NUMBERS_US = (5 * US_PER_SECOND, 30 * US_PER_SECOND)
_QUIET_US = 15 * US_PER_SECOND


@dataclass(frozen=True, slots=True)
class News:
    """What a tick changes; `no_update` where it changes nothing."""

    shown: Shown
    figure: Any = no_update
    subtitle: Any = no_update
    cover: Any = no_update
    value: Any = no_update
    time_ms: Any = no_update
    revision: Any = no_update
    health: Any = no_update
    refresh: Any = no_update

    def outputs(self) -> tuple[Any, ...]:
        """In the order of the callback's outputs."""
        return (
            self.figure, self.subtitle, self.cover, self.value, self.time_ms,
            self.shown.as_json(), self.revision, self.health, self.refresh,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to `changes`: readings since the cursor, in order of time."""

    cursor: str
    complete: bool
    revision: int
    times_us: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ticker:
    """One tick of one browser: what it looks at, how, and when."""

    context: Context
    view: View
    style: Style
    zoom: Window | None
    now_us: int
    live: bool

    def tick(self, shown: Shown, count: int) -> News | None:
        """What is new, or None. `count` is the tick's number: the store's health is looked at now and then only."""
        if self.view.device and shown.view != self.view.search():
            return None  # the chart of this view is being drawn
        news = self._health(shown) if count % _HEALTH_EVERY == 0 or not shown.cursor else None
        before = news.shown if news else shown
        if not self.view.device or before.health.startswith(DOWN):
            return news
        try:
            heard = self._listen(before.cursor)
            return self._follow(before, heard, news)
        except StoreUnavailableError:
            return news or self._health(replace(shown, cursor=""))
        except LumosError as error:
            _LOG.warning("a tick was not answered: %s", error)
            return news

    def _listen(self, cursor: str) -> Heard:
        """What was stored since the cursor."""
        table = self.context.reader.ask("changes", device=self.view.device, metric=self.view.metric, cursor=cursor)
        facts = metadata_of(table)
        rows = sorted(zip(table.column("t_us").to_pylist(), table.column("value").to_pylist(), strict=True))
        return Heard(
            str(facts["cursor"]),
            bool(facts["complete"]) and bool(cursor),
            int(facts["revision"]),
            [t_us for t_us, _ in rows],
            [value for _, value in rows],
        )

    def _health(self, shown: Shown) -> News | None:
        """Whether the badges and banners must be drawn again."""
        try:
            row = self.context.rows("health")[0]
        except LumosError:
            row = None
        quiet = shown.last_us > 0 and self.now_us - shown.last_us > max(_QUIET_US, 4 * shown.spacing_us)
        key = health_key(row, quiet=quiet)
        revision = int(row["revision"]) if row else shown.revision
        if key == shown.health and revision == shown.revision:
            return None
        # Without ingest nothing that was heard counts any more: on its return the whole is drawn.
        after = replace(shown, health=key, revision=revision, cursor=shown.cursor if row else "")
        return News(after, health=key, revision=revision if revision != shown.revision else no_update)

    def _follow(self, shown: Shown, heard: Heard, news: News | None) -> News | None:
        """Bring what was heard onto the page."""
        if heard.complete and not heard.times_us and heard.revision == shown.revision:
            return news
        after = replace(shown, cursor=heard.cursor, revision=heard.revision)
        news = replace(news or News(after), shown=after)
        if heard.revision != shown.revision:
            news = replace(news, revision=heard.revision)
        if not heard.complete:
            # What came between the last cursor that counted and this one was never heard: after a restart of ingest,
            # a board's only reading would stay unseen.
            value, time_ms = newest_said(self.context, self.view, self.style)
            news = replace(news, value=value, time_ms=time_ms)
        elif heard.times_us and heard.times_us[-1] >= shown.last_us:
            value, time_ms = _said(heard.times_us[-1], heard.values[-1], self.view, self.style)
            news = replace(news, value=value, time_ms=time_ms)
        if heard.complete and not heard.times_us:
            return news
        if self.view.relative and self.live:
            news = self._chart(news, heard)
        return self._numbers(news, at_once=not heard.complete)

    def _chart(self, news: News, heard: Heard) -> News:
        """The patch that appends what was heard, or the whole chart where that is not enough."""
        shown = news.shown
        if heard.complete and shown.zoomed:
            return replace(news, shown=replace(shown, last_us=max(shown.last_us, heard.times_us[-1])))
        fresh = self._fresh(shown, heard) if heard.complete else None
        if fresh is not None and not len(fresh):
            return news
        patched = append(shown, fresh, self.view.window(self.now_us), self.style.zone) if fresh else None
        if patched is not None:
            figure, after = patched
            subtitle = drawing.subtitle_of(after.points, after.bucket_us, self.style)
            return replace(news, shown=after, figure=figure, subtitle=subtitle)
        whole = drawing.draw(self.context, self.view, self.style, shown, self.zoom, self.now_us)
        if whole is None:
            return news
        after = replace(whole.shown, stats_us=shown.stats_us)
        return replace(news, shown=after, figure=whole.figure, subtitle=whole.subtitle, cover=whole.cover)

    def _fresh(self, shown: Shown, heard: Heard) -> Points | None:
        """The points to append: the readings, or the buckets from the last shown one on; None for a late one."""
        if not shown.bucket_us:
            # What was stored between the cursor and the drawing is on the chart already.
            new = [(t, v) for t, v in zip(heard.times_us, heard.values, strict=True) if t != shown.last_us]
            times, values = [t for t, _ in new], [v for _, v in new]
            return Points(times, values, values, values, [1] * len(times), 0)
        count = (max(self.now_us, heard.times_us[-1]) - shown.last_us) // shown.bucket_us + 1
        if heard.times_us[0] < shown.last_us or count > drawing.POINTS:
            return None
        end_us = shown.last_us + count * shown.bucket_us
        found = drawing.ask(self.context, self.view, (shown.last_us, end_us), count)
        return into_buckets(found, shown.bucket_us)

    def _numbers(self, news: News, *, at_once: bool) -> News:
        """Let the cards and the list ask again, not more often than somebody can read."""
        start, end = self.view.window(self.now_us)
        pause = _NUMBERS_US[0] if end - start <= US_PER_HOUR else _NUMBERS_US[1]
        if not at_once and self.now_us - news.shown.stats_us < pause:
            return news
        after = replace(news.shown, stats_us=self.now_us)
        return replace(news, refresh=self.now_us // US_PER_MS, shown=after)


def newest_said(context: Context, view: View, style: Style) -> tuple[list[Child], str]:
    """The newest reading in words, and when it was, in ms. Raises StoreUnavailableError or QuestionError."""
    return _said(*drawing.newest(context, view), view, style)


def _said(t_us: int, value: float | None, view: View, style: Style) -> tuple[list[Child], str]:
    return newest_text(value, view, style), str(t_us // US_PER_MS)
