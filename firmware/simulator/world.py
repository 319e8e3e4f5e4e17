"""What a simulated board stands in: daylight with clouds, a lamp in the evening, its own LED, and the warmth of it all.

Everything is a function of the time and of a random generator of its own, so that a seed repeats it. It must never look
at what the board does, but for the LED, which shines on the sensor beside it.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass

_SUNRISE_H, _SUNSET_H = 6.5, 20.0
_NOON_LX = 850.0
_LAMP_LX = 190.0
#: The board's own LED, a finger's breadth from the sensor: whoever clicks the switch sees a step on the chart.
_LED_LX = 140.0


@dataclass(frozen=True, slots=True)
class _Wave:
    period_seconds: float
    phase: float
    weight: float


class World:
    """The surroundings of one board."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._window = rng.uniform(0.7, 1.15)  # how near the window it stands
        self._clouds = [
            _Wave(period * rng.uniform(0.8, 1.25), rng.uniform(0, math.tau), weight)
            for period, weight in ((47, 0.5), (190, 1.0), (730, 1.6), (3_100, 1.8))
        ]
        self._lamp_on_h = rng.uniform(17.8, 18.8)
        self._lamp_off_h = rng.uniform(22.4, 23.6)
        self._warmth = rng.uniform(-1.0, 1.0)

    def light_lx(self, unix_s: float, led: bool) -> float:
        """The light on the sensor, with its noise."""
        hour = _local_hour(unix_s)
        light = 2.0 + _NOON_LX * self._window * _sun(hour) * self._clearness(unix_s)
        if self._lamp_on_h <= hour < self._lamp_off_h:
            light += _LAMP_LX
        if led:
            light += _LED_LX
        return max(0.0, light * self._rng.gauss(1, 0.006) + self._rng.gauss(0, 0.6))

    def temperature_c(self, unix_s: float) -> float:
        """A room that is warmest in the late afternoon, with a heating that comes and goes."""
        hour = _local_hour(unix_s)
        day = 1.8 * math.sin((hour - 10.0) / 24 * math.tau)
        heating = 0.4 * math.sin(unix_s / 1_500 * math.tau)
        return 21.0 + self._warmth + day + heating + self._rng.gauss(0, 0.06)

    def _clearness(self, unix_s: float) -> float:
        """From 0.35 (a dark cloud) to 1 (blue sky)."""
        sky = sum(w.weight * math.sin(unix_s / w.period_seconds * math.tau + w.phase) for w in self._clouds)
        return 0.35 + 0.65 / (1 + math.exp(-sky))


def _local_hour(unix_s: float) -> float:
    local = time.localtime(unix_s)
    return local.tm_hour + local.tm_min / 60 + local.tm_sec / 3_600


def _sun(hour: float) -> float:
    """How high the sun stands, from 0 at night to 1 at noon."""
    if not _SUNRISE_H < hour < _SUNSET_H:
        return 0.0
    return math.sin((hour - _SUNRISE_H) / (_SUNSET_H - _SUNRISE_H) * math.pi)
