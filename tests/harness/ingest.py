"""A whole ingest in this process, over a real broker and a real file, whose clock a test may set."""

from __future__ import annotations

import contextlib
import os
import threading

from ingest.broker.board_users import BoardUsers
from ingest.broker.inbox import Inbox
from ingest.broker.subscriber import Subscriber
from ingest.serving.actions import Actions
from ingest.serving.live_questions import with_live_questions
from ingest.serving.read_service import ReadService
from ingest.serving.recent import Recent
from ingest.storage.store import opened
from ingest.writer import Writer
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_SECOND, now_us
from tests.harness.waiting import until


class RunningIngest:
    """What `python -m ingest` runs, to be stopped and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = DataFolder(settings.data_dir)
        self._ahead_us = 0
        self.start()

    def start(self) -> None:
        """Start (again); returns once the broker hands it what comes."""
        self._stack = contextlib.ExitStack()
        connection = self._stack.enter_context(opened(self.settings, self.folder))
        self._inbox, recent = Inbox(self.settings.queue_limit, 20, self.settings.flush_seconds), Recent()
        self.writer = Writer(self.settings, connection, self._inbox, recent)
        self.writer.holding.clock = lambda: now_us() + self._ahead_us
        self._subscriber = Subscriber(self.settings, self.folder, self._inbox, self.writer.sources.filters())
        questions = with_live_questions(self.folder, self.writer, self._subscriber, self._inbox, recent)
        actions = Actions(self.writer, recent, BoardUsers(self.settings, self.folder))
        self._service = ReadService(self.settings, self.folder, connection, questions, actions)
        self.folder.announce_ingest({"port": self._service.port, "pid": os.getpid(), "started_us": now_us()})
        self._thread = threading.Thread(target=self.writer.run, args=(self._subscriber,), daemon=True)
        self._thread.start()
        self._subscriber.start()
        until(lambda: self._subscriber.hears, "ingest to hear the broker")

    def stop(self) -> None:
        """Stop in good order; the broker collects for it meanwhile."""
        self._subscriber.stop()
        self._inbox.close()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._service.close()
        self._stack.close()

    def pass_time(self, seconds: float) -> None:
        """Set the clock by which held commands expire ahead."""
        self._ahead_us += int(seconds * US_PER_SECOND)


@contextlib.contextmanager
def running_ingest(settings: Settings):  # type: ignore[no-untyped-def]
    """An ingest for as long as the context lasts."""
    made = RunningIngest(settings)
    try:
        yield made
    finally:
        made.stop()
