"""The timeline of the page Explore: asks for each series and its comparisons, and says what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard import drawing, figures, formats, stretches, zones
from dashboard.alerts import marks as alerts
from dashboard.context import Context
from dashboard.explore import happenings
from dashboard.explore.choices import Exploration
from dashboard.explore.panels import hue, series_name
from dashboard.figures import Curve, Figure, Style, Window
from dashboard.figures.usual import MOST_US, Usual
from dashboard.notes import marks as notes
from dashboard.panels.parts import Child, action_link, empty, swatch
from dashboard.series import Series
from dashboard.stretches import Points
from dashboard.views import CUSTOM
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_DAY, US_PER_SECOND

#: Up to so many points for one series, and for all of several together.
POINTS = 2_000
_POINTS_OF_ALL = 4_000
#: More marks than this are a smear.
_MARKS = 300
HEIGHT = 380
_ASKING = ThreadPoolExecutor(8, thread_name_prefix="timeline")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The figure and its words."""

    figure: Figure
    title: Child
    subtitle: str
    legend: Child
    cover: Child
    description: str


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws one exploration at one moment, for one reader."""

    context: Context
    exploration: Exploration
    style: Style
    zoom: Window | None
    now_us: int

    @property
    def window(self) -> Window:
        return self.exploration.window(self.now_us)

    @property
    def shown(self) -> Window:
        """The part of the time axis in sight."""
        return self.zoom or self.window

    def draw(self) -> Timeline:
        """The timeline. Raises StoreUnavailableError or QuestionError."""
        style, exploration = self.style, self.exploration
        # All at once: each asks, and ingest answers them beside each other.
        marks, layers = _ASKING.submit(self._happenings), _ASKING.submit(self._layers)
        curves = list(_ASKING.map(self._curve, exploration.series))
        count = sum(len(curve.points) for curve in curves)
        happened, all_of_it = marks.result()
        figure = figures.timeline(
            curves,
            style,
            window=self.window,
            zoom=self.zoom,
            revision=exploration.search(),
            height=HEIGHT,
            marks=happenings.marks(happened, style),
            layers=layers.result(),
        )
        subtitle = drawing.subtitle_of(count, max((curve.points.bucket_us for curve in curves), default=0), style)
        return Timeline(
            figure,
            [html.Span([swatch(curve.hue), curve.name], className="legend-entry") for curve in curves],
            f"{subtitle} · {style.say('zoomed')}" if self.zoom else subtitle,
            self._legend(curves, 0 if all_of_it else len(happened)),
            None if count else self._nothing(),
            self._description(curves),
        )

    def _curve(self, series: Series) -> Curve:
        comparisons = self.exploration.comparisons
        return Curve(
            series_name(series, self.exploration),
            formats.shown_unit(series.unit),
            hue(series, self.exploration, self.style),
            stretches.points_of(self.context.reader.ask("buckets", **self._asked(series))),
            self._before(series) if "before" in comparisons else None,
            self._usual(series) if "usual" in comparisons else {},
            series.decimals,
        )

    def _asked(self, series: Series) -> dict[str, Any]:
        exploration = self.exploration
        # A zoom is asked for with a margin, so that the line runs to the edges.
        start, end = drawing.padded(self.zoom) if self.zoom else self.window
        return {
            "device": series.device,
            "metric": series.metric,
            "start_us": start,
            "end_us": end,
            "points": points_of_each(len(exploration.series)),
            "zone": zones.name_of(self.style.zone),
            "weekdays": list(exploration.weekdays),
            "hours": list(exploration.hours),
        }

    def _before(self, series: Series) -> Points:
        found = self.context.reader.ask("buckets_before", **self._asked(series))
        # At the times where each would lie now; the width tells where the gaps are.
        return stretches.points_of(found.drop_columns(["t_us"]).rename_columns({"shown_us": "t_us"}))

    def _usual(self, series: Series) -> Usual:
        """What is usual for each hour of the week that may be shown, from the weeks before what is shown."""
        if self.shown[1] - self.shown[0] > MOST_US:
            return {}
        rows = self.context.rows(
            "usual", device=series.device, metric=series.metric, before_us=self.window[0],
            zone=zones.name_of(self.style.zone),
        )  # fmt: skip
        return {
            row["weekday"] * 24 + row["hour"]: (row["low"], row["high"])
            for row in rows
            if row["weekday"] in self.exploration.weekdays and _within(row["hour"], self.exploration.hours)
        }

    def _happenings(self) -> tuple[Sequence[Any], bool]:
        """The newest of what happened, of the kinds that are marked; and whether that is all of it."""
        kinds = [kind for kind, choice in happenings.KINDS.items() if choice in self.exploration.marks]
        if not kinds:
            return [], True
        start, end = self.shown
        found = self.context.reader.ask(
            "happenings", devices=self.exploration.devices, start_us=start, end_us=end, kinds=kinds, limit=_MARKS
        )
        return found.to_pylist(), bool(metadata_of(found)["complete"])

    def _layers(self) -> dict[str, list[Figure]]:
        """Losses, alerts and notes, as shapes and their words."""
        start, end = self.shown
        layers = []
        if "losses" in self.exploration.marks:
            gaps = [
                gap
                for device in self.exploration.devices
                for gap in self.context.rows("gaps", device=device, start_us=start, end_us=end)
            ]
            layers.append(figures.losses(gaps, self.shown, self.style))
        series = [[each.device, each.metric] for each in self.exploration.series]
        if "alerts" in self.exploration.marks:
            layers.append(alerts.of_series(self.context, series, self.shown, self.style))
        if "notes" in self.exploration.marks:
            rows = self.context.rows("notes", series=series, start_us=start, end_us=end)
            layers.append(notes.marks(rows, self.shown, self.style))
        return {name: [each for layer in layers for each in layer[name]] for name in ("shapes", "annotations")}

    def _legend(self, curves: Sequence[Curve], newest: int) -> Child:
        """What the dashes and the tint are, where there are any; that only the `newest` marks are shown (0: all)."""
        say, comparisons = self.style.say, self.exploration.comparisons
        entries = []
        if "before" in comparisons:
            span = " – ".join(
                formats.when(t_us, self.now_us, self.style.zone, self.style.language) for t_us in self._earlier()
            )
            entries.append(_entry("before", say("legend before", span=span)))
        if "usual" in comparisons:
            if self.shown[1] - self.shown[0] > MOST_US:
                phrase = "legend usual too long"
            else:
                phrase = "legend usual" if any(curve.usual for curve in curves) else "legend usual unknown"
            entries.append(_entry("usual", say(phrase)))
        if newest:
            entries.append(html.Span(say("newest marks", count=newest), className="legend-entry"))
        return entries

    def _earlier(self) -> Window:
        """The period before, as the question found it."""
        series = self.exploration.series[0]
        facts = metadata_of(self.context.reader.ask("buckets_before", **{**self._asked(series), "points": 1}))
        return int(facts["start_us"]), int(facts["end_us"])

    def _nothing(self) -> Child:
        """What stands in place of an empty chart: when there was data last, and the way there."""
        say, exploration = self.style.say, self.exploration
        latest = max(exploration.series, key=lambda series: series.last_us)
        if not latest.last_us:
            return empty("chart-line", say("no measurement"), say("never sent", device=latest.name))
        if exploration.restricted:
            everything = Exploration(
                exploration.series, exploration.range, exploration.start_us, exploration.end_us
            ).search()
            action = action_link(say("show all hours"), everything)
            return empty("chart-line", say("no measurement"), say("restricted to nothing"), action)
        end_us = latest.last_us // US_PER_SECOND * US_PER_SECOND + US_PER_SECOND
        target = Exploration(exploration.series, CUSTOM, end_us - US_PER_DAY, end_us)
        clock = formats.clock(latest.last_us, self.style.zone, seconds=False)
        date = formats.date(latest.last_us, self.style.zone, self.style.language)
        sent = say("last sent", device=latest.name, when=say("at", time=clock, date=date))
        return empty("chart-line", say("no measurement"), sent, action_link(say("show last"), target.search()))

    def _description(self, curves: Sequence[Curve]) -> str:
        """What a screen reader says of the chart."""
        start, end = (formats.when(t_us, self.now_us, self.style.zone, self.style.language) for t_us in self.shown)
        names = ", ".join(curve.name for curve in curves)
        return (
            f"{self.style.say('timeline of', names=names, start=start, end=end)}; {self.style.say('chart alternative')}"
        )


def points_of_each(count: int) -> int:
    """How many points each of so many series gets."""
    return POINTS if count == 1 else max(_POINTS_OF_ALL // count, 500)


def _entry(kind: str, words: str) -> html.Span:
    return html.Span([html.Span(className=f"shape shape-{kind}"), words], className="legend-entry")


def _within(hour: int, hours: tuple[int, int]) -> bool:
    """Whether a restriction lets an hour of the day through; 22 to 6 goes over midnight."""
    first, last = hours
    return first <= hour < last if first < last else hour >= first or hour < last
