"""Two days of history in a real file, and a dashboard that reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from dashboard.context import Context
from dashboard.explore.choices import Catalog, Exploration, resolve
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from telemetry.settings import Settings, load
from telemetry.timestamps import US_PER_MINUTE
from tests.dashboard.conftest import NOON_US, FakeActions, FakePublisher
from tests.harness.history import History, seed

#: A reading every ten minutes: enough for every panel, and quickly written.
EVERY_US = 10 * US_PER_MINUTE
DAYS = 15


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, History]:
    """The folder, and what is in it; nobody writes there."""
    folder = tmp_path_factory.mktemp("past") / "data"
    return folder, seed(folder, NOON_US, DAYS, every_us=EVERY_US)


@pytest.fixture
def history(past: tuple[Path, History]) -> History:
    return past[1]


@pytest.fixture
def past_settings(past: tuple[Path, History], tmp_path: Path) -> Settings:
    arguments = ["--data-dir", str(past[0]), "--timezone", "Europe/Paris"]
    return load(read_arguments(parser("test", ""), arguments), environment={}, folder=tmp_path)


@pytest.fixture
def reading(past_settings: Settings) -> Context:
    """A context on that history, without a running ingest."""
    commander = Commander(past_settings, FakePublisher(), FakeActions())
    return Context(past_settings, Reader(DataFolder(past_settings.data_dir), 5), commander)


@pytest.fixture
def opened(reading: Context) -> Callable[[str], Exploration]:
    """What an address opens."""
    catalog = Catalog(reading.rows("series"), reading.rows("devices"))
    return lambda search: resolve(search, catalog)


@pytest.fixture
def app(past_settings: Settings, reading: Context) -> Any:
    return create_app(past_settings, reader=reading.reader, commander=reading.commander)
