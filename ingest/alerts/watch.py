"""What one rule watches on one target: a series (with those of the boards that it replaced), or a device's silence.

A watch is made by `targets`, lives in memory, and is asked by the engine alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.alerts.episodes import Episode
from ingest.alerts.rules import KeptRule
from ingest.catalog import Catalog
from telemetry.alert_state import (
    Change,
    Slope,
    State,
    excess_of_band,
    excess_of_change,
    sign_of,
    state_of,
)
from telemetry.alerts import Rule, is_battery
from telemetry.local_time import local_day
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR

#: A rule, a device and a metric, as they are shown.
Key = tuple[str, str, str | None]
#: The usual band by hour of the week (Monday 0 h is 0): low and high.
Bands = Mapping[int, tuple[float, float]]
#: Quiet is what lies within; nothing lies within this.
NEVER = (float("inf"), float("-inf"))
_ALWAYS = (float("-inf"), float("inf"))


@dataclass(slots=True, eq=False)
class Watch:
    """A rule on a target."""

    kept: KeptRule
    device: str
    metric: str | None
    series: tuple[int, ...]
    state: State
    slope: Slope | None = None
    bands: Bands = field(default_factory=dict)
    episode: Episode | None = None
    #: When the last reading that it looked at arrived.
    touched_us: int = 0
    #: Of a silence: when it was last heard.
    heard_us: int = 0

    @property
    def key(self) -> Key:
        return (self.kept.rule_id, self.device, self.metric)

    @property
    def rule(self) -> Rule:
        return self.kept.rule

    @property
    def is_silence(self) -> bool:
        return self.kept.rule.kind == "silent"

    def take(self, t_us: int, value: float) -> Change | None:
        """A reading came; a kind that looks at the value alone takes it as it is."""
        kind = self.kept.rule.kind
        if kind == "change":
            return self._take_change(t_us, value)
        if kind == "outside":
            band = self.bands.get(hour_of_week(t_us, self.kept.rule.zone))
            return None if band is None else self.state.take(t_us, excess_of_band(value, *band), value)
        return self.state.take(t_us, sign_of(self.kept.rule, self.metric) * value, value)

    def _take_change(self, t_us: int, value: float) -> Change | None:
        assert self.slope is not None  # noqa: S101  (targets makes it)
        if t_us <= self.state.last_us:
            return None
        change = self.slope.take(t_us, value)
        if change is None:
            self.state.last_us = t_us
            return None
        return self.state.take(t_us, excess_of_change(self.kept.rule, change), change)

    def quiet(self, now_us: int) -> tuple[float, float]:
        """Values between these (both included) change nothing now, so nobody needs to look at them."""
        state, kind = self.state, self.kept.rule.kind
        if state.is_open or state.since_us is not None or kind == "change":
            return NEVER
        if kind == "outside":
            band = self.bands.get(hour_of_week(now_us, self.kept.rule.zone))
            if band is None:
                return _ALWAYS
            margin = state.level * (band[1] - band[0]) / 100.0
            return (band[0] - margin, band[1] + margin)
        if sign_of(self.kept.rule, self.metric) > 0:
            return (float("-inf"), state.level)
        return (-state.level, float("inf"))

    def as_before(self, episode: Episode) -> None:
        """Go on with an episode that is open already."""
        self.episode = episode
        excess = episode.peak if self.is_silence else self._excess(episode.peak, episode.peak_us)
        self.state.open_since(episode.began_us, excess, episode.peak, episode.peak_us)

    def _excess(self, value: float, t_us: int) -> float:
        kind = self.kept.rule.kind
        if kind == "change":
            return excess_of_change(self.kept.rule, value)
        if kind == "outside":
            band = self.bands.get(hour_of_week(t_us, self.kept.rule.zone))
            return 0.0 if band is None else excess_of_band(value, *band)
        return sign_of(self.kept.rule, self.metric) * value


def hour_of_week(t_us: int, zone: str) -> int:
    """The local hour of the week, 0 for Monday from midnight to one."""
    day, within_us = local_day(t_us, zone)
    return (day + 3) % 7 * (US_PER_DAY // US_PER_HOUR) + within_us // US_PER_HOUR


def targets(rules: Sequence[KeptRule], catalog: Catalog, tags: Mapping[str, Sequence[str]]) -> Iterator[Watch]:
    """A watch for each target of each rule."""
    series: dict[tuple[str, str], list[int]] = {}
    for series_id, device, metric in catalog.every_series():
        series.setdefault((device, metric), []).append(series_id)
    by_metric: dict[str, list[str]] = {}
    by_device: dict[str, list[str]] = {}
    for device, metric in series:
        by_metric.setdefault(metric, []).append(device)
        by_device.setdefault(device, []).append(metric)
    everywhere = catalog.shown_devices()
    for kept in rules:
        rule = kept.rule
        if rule.device is not None:
            devices = [catalog.shown_name(rule.device)]
        elif rule.tag is not None:
            devices = [device for device in everywhere if rule.tag in tags.get(device, ())]
        elif rule.metric is not None:
            devices = by_metric.get(rule.metric, [])
        else:
            devices = everywhere
        for device, watched, ids in _of_devices(rule, devices, by_device, series):
            slope = Slope(rule.per) if rule.kind == "change" else None
            yield Watch(kept, device, watched, ids, state_of(rule, watched), slope)


def _of_devices(
    rule: Rule,
    devices: Sequence[str],
    by_device: Mapping[str, Sequence[str]],
    series: Mapping[tuple[str, str], Sequence[int]],
) -> Iterator[tuple[str, str | None, tuple[int, ...]]]:
    """Which metrics of which devices, with their series."""
    for device in devices:
        if rule.kind == "silent":
            # One that never spoke has no series; naming it is enough to wait for it.
            wanted = by_device.get(device, []) if rule.metric is None else [rule.metric]
            ids = [series_id for each in wanted for series_id in series.get((device, each), ())]
            if ids or rule.metric is None or rule.device is not None:
                yield device, rule.metric, tuple(ids)
            continue
        for each in by_device.get(device, []) if rule.metric is None else [rule.metric]:
            ids = list(series.get((device, each), ()))
            if ids and (rule.metric is not None or is_battery(each)):
                yield device, each, tuple(ids)
