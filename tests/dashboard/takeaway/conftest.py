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
        connection.execute(_FILL, [FIRST_US, NOON_US - US_PER_DAY // 2])
        fold(connection)
        for day, _ in open_days(connection, 1_000_000)[:2]:
            close_day(connection, archive, day)
        connection.execute(_FILL, [NOON_US - US_PER_DAY // 2, NOON_US])
        fold(connection)
        connection.execute(_FILL, [NOON_US, END_US])
        nobody: Any = None
        service = ReadService(settings, folder, connection, QUESTIONS, nobody)
        folder.announce_ingest({"port": service.port})
        yield Reader(folder, 10)
        service.close()
