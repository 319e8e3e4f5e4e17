"""A data folder with history in it, written as ingest writes it, for a Lumos that is started on it afterwards.

Two devices: `window` with light and temperature, `attic` with a temperature; a reading a minute, following the sun and
the week, with a gap of six hours, a measured loss, commands and an event.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from telemetry.datafolder import DataFolder
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND
from tests.harness.stock import stock

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class History:
    """What was written: where it begins and ends, the gap, the loss, and how many readings a series has."""

    start_us: int
    end_us: int
    gap_us: tuple[int, int]
    loss_us: tuple[int, int]
    lost: int
    readings: int


def seed(
    data: Path, end_us: int, days: int, *, every_us: int = US_PER_MINUTE, also: tuple[int, int] | None = None
) -> History:
    """Fill a data folder with `days` of readings up to `end_us`; `attic` also has a temperature from and to `also`."""
    DataFolder(data).ensure()
    start_us = end_us - days * US_PER_DAY
    gap = (end_us - 30 * US_PER_HOUR, end_us - 24 * US_PER_HOUR)
    times = [t_us for t_us in range(start_us, end_us, every_us) if not gap[0] <= t_us < gap[1]]
    loss = (end_us - 8 * US_PER_HOUR, end_us - 7 * US_PER_HOUR)
    lost = [t_us for t_us in times if loss[0] < t_us < loss[1]]
    kept = sorted(set(times) - set(lost))
    with stock(data) as made:
        connection = made.connection
        connection.execute("INSERT INTO series VALUES (3, 1, 'temperature', '°C', 'Temperature', -40, 85, 0)")
        connection.execute("INSERT INTO series VALUES (4, 2, 'temperature', '°C', 'Temperature', -40, 85, 0)")
        connection.execute("UPDATE series SET label = 'Light' WHERE series_id IN (1, 2)")
        made.close([(t_us, series_id, _value(series_id, t_us)) for t_us in kept for series_id in (1, 3, 4)])
        if also is not None:
            made.close([(t_us, 4, _value(4, t_us)) for t_us in range(*also, every_us)])
        _log(connection, times, kept, loss, end_us)
    return History(start_us, end_us, gap, loss, len(lost), len(kept))


def _log(connection: Any, times: list[int], kept: list[int], loss: tuple[int, int], end_us: int) -> None:
    """The ledger of numbers, with the loss in it; three commands, and a press of the button."""
    before = len([t_us for t_us in kept if t_us <= loss[0]])
    after = before + len(times) - len(kept)
    for span in ((0, before - 1, times[0], loss[0]), (after, len(times) - 1, loss[1], end_us)):
        connection.execute(
            "INSERT INTO arrivals (device_id, boot, seq_from, seq_to, t_from_us, t_to_us, arrived_us, dropped, late)"
            " VALUES (1, '9f2c01ab', $1, $2, $3, $4, $4, false, false)",
            list(span),
        )
    for number, (cmd, value, hours) in enumerate((("led", True, 10), ("message", "Bonjour", 3), ("led", False, 2))):
        name, sent_us = f"01J{number}", end_us - hours * US_PER_HOUR
        asked = [name, cmd, json.dumps(value), sent_us]
        connection.execute("INSERT INTO commands VALUES ($1, 1, $2, $3, 'ada', $4)", asked)
        for state, delay_us in (("sent", 0), ("acknowledged", 84_000)):
            told = [name, sent_us + delay_us, state]
            connection.execute("INSERT INTO command_states VALUES ($1, $2, $3, '{}')", told)
    pressed = [end_us - 5 * US_PER_HOUR]
    connection.execute("INSERT INTO events VALUES (1, $1, '9f2c01ab', 1, 'button', 'true')", pressed)


def _value(series_id: int, t_us: int) -> float:
    local = datetime.fromtimestamp(t_us / US_PER_SECOND, UTC).astimezone(PARIS)
    hour = local.hour + local.minute / 60
    sun = max(0.0, math.sin((hour - 6) / 12 * math.pi))
    noise = ((t_us // US_PER_MINUTE * 2_654_435_761) % 1_000) / 1_000
    if series_id == 1:
        lamp = 150 if local.weekday() < 5 and 17 <= hour < 22 else 0
        return round(620 * sun**1.5 * (0.7 if local.weekday() > 4 else 1) + lamp + 14 * noise)
    warm = 2.2 if local.weekday() < 5 and 7 <= hour < 20 else 0
    base = 18.5 if series_id == 3 else 14.0
    season = 3 * math.sin(t_us / (365 * US_PER_DAY) * 2 * math.pi)
    return round(base + season + warm + 2.5 * sun + 0.8 * noise, 1)
