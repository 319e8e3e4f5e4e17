"""A writer without a broker, for the command-line tools, where no ingest runs: the same store under the same lock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ingest.broker.inbox import Inbox
from ingest.serving.recent import Recent
from ingest.storage.store import opened
from ingest.writer import Writer
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings


@contextlib.contextmanager
def writing_alone(settings: Settings, folder: DataFolder) -> Iterator[Writer]:
    """A writer whose thread is the caller's. Raises AlreadyRunningError when an ingest starts meanwhile."""
    with opened(settings, folder) as connection:
        writer = Writer(settings, connection, Inbox(1, 1, 0.0), Recent())
        yield writer
        writer.fold()
