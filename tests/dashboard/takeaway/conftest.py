"""A read service over a real store whose readings lie in every place: closed days in files, live tables, the tail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ingest.serving.read_service import ReadService
from ingest.storage.archive import Archive
from ingest.storage.closing import close_day, open_days
from ingest.storage.fold import fold
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS
from telemetry.reader import Reader
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE
from tests.dashboard.conftest import NOON_US

#: Two days before noon up to a minute after it, a reading every ten seconds, with a hole of an hour.
FIRST_US, END_US = NOON_US - 2 * US_PER_DAY, NOON_US + US_PER_MINUTE
#: Longer than what stands beside a mark.
NOTE = "Window <open>: " + "it was warm in the attic, " * 20 + "and closed again."
_FILL = f"""
    INSERT INTO tail SELECT t_us, 1, 100 + (t_us // 1000000) % 97 + 0.125, 0
    FROM range($1::BIGINT, $2::BIGINT, 10000000) r(t_us)
    WHERE t_us < {NOON_US - US_PER_DAY} OR t_us >= {NOON_US - US_PER_DAY + 60 * US_PER_MINUTE}
"""


@pytest.fixture
def served(settings: Settings) -> Iterator[Reader]:
    """A read client of the running service."""
    folder = DataFolder(settings.data_dir)
    with opened(settings, folder) as connection:
        archive = Archive(folder.archive)
        connection.execute("INSERT INTO devices VALUES (1, 'window', NULL, 'attic', 0)")
        connection.execute("INSERT INTO series VALUES (1, 1, 'light', 'lx', 'Light <b>', 0, 4095, 0)")
        connection.execute("INSERT INTO series VALUES (2, 1, 'heat', '°C', 'Heat', -40, 80, 0)")
        connection.execute(_FILL, [FIRST_US, NOON_US - US_PER_DAY // 2])
        fold(connection)
        for day, _ in open_days(connection, 1_000_000)[:2]:
            close_day(connection, archive, day)
        connection.execute(_FILL, [NOON_US - US_PER_DAY // 2, NOON_US])
        fold(connection)
        connection.execute(_FILL, [NOON_US, END_US])
        # A quarter of a day of the week before, and another series beside it.
        week_before_us = FIRST_US - 7 * US_PER_DAY
        connection.execute(_FILL, [week_before_us, week_before_us + US_PER_DAY // 4])
        connection.execute(
            "INSERT INTO tail SELECT t_us, 2, 20 + t_us % 7, 0 FROM range($1::BIGINT, $2::BIGINT, 60000000) r(t_us)",
            [FIRST_US, FIRST_US + US_PER_DAY // 4],
        )
        note = [FIRST_US + US_PER_DAY, NOTE]
        connection.execute("INSERT INTO notes VALUES ('n', 1, 1, 1, $1, $1, $2, false, 'ada', 0)", note)
        nobody: Any = None
        service = ReadService(settings, folder, connection, QUESTIONS, nobody)
        folder.announce_ingest({"port": service.port})
        yield Reader(folder, 10)
        service.close()
