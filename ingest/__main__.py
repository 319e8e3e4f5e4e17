"""`python -m ingest`: write what the broker delivers, and answer questions about it, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.allocator import share_heaps
from telemetry.command_line import parser, read_arguments
from telemetry.errors import LumosError, SettingError, nearest
from telemetry.lean import leave_pandas_out
from telemetry.logs import configure
from telemetry.service_manager import ready
from telemetry.settings import Settings, load

if TYPE_CHECKING:
    import duckdb

    from ingest.broker.board_users import BoardUsers
    from ingest.broker.inbox import Inbox
    from ingest.storage.keeper import Keeper
    from ingest.writer import Writer

_log = logging.getLogger("ingest")

#: Words that do something else than run: module and function, imported when they are asked for.
_COMMANDS = {
    "device": ("ingest.broker.board_users", "main"),
    "correct": ("ingest.console.command_lines", "correct"),
    "replay": ("ingest.decoding.replay", "main"),
    "retention": ("ingest.console.retention", "retention"),
    "forecast": ("ingest.console.retention", "forecast"),
    "setting": ("ingest.console.retention", "setting"),
    "backup": ("ingest.console.backups", "backup"),
    "restore": ("ingest.console.backups", "restore"),
    "import": ("ingest.transfer.console", "import_files"),
    "export": ("ingest.transfer.console", "export_file"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """0 after a clean stop, 1 when a command did not do all of it, 2 when a person must mend something (one line)."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in _COMMANDS:
            module, function = _COMMANDS[words[0]]
            return int(getattr(importlib.import_module(module), function)(words) or 0)
        if words and not words[0].startswith("-"):
            raise SettingError(f"'{words[0][:64]}' is no command of python -m ingest{nearest(words[0], _COMMANDS)}")
        others = f"With a word first it does something else: {', '.join(_COMMANDS)}; each has its own --help."
        settings = load(read_arguments(parser("python -m ingest", f"{__doc__} {others}"), words))
        configure("ingest", settings)
        leave_pandas_out()
        share_heaps()
        return _run(settings)
    except LumosError as error:
        print(f"ingest: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _run(settings: Settings) -> int:
    """0 when it was asked to stop, 1 when the writer could not go on: whoever supervises starts it again."""
    # Heavy imports wait until the settings are known to be right.
    from ingest.alerts.sending import Sender
    from ingest.broker.board_users import BoardUsers
    from ingest.broker.inbox import Inbox
    from ingest.broker.subscriber import Subscriber
    from ingest.serving.actions import Actions
    from ingest.serving.live_questions import with_live_questions
    from ingest.serving.read_service import ReadService
    from ingest.serving.recent import Recent
    from ingest.storage.keeper import Keeper
    from ingest.storage.recovering import opened_or_recovered
    from ingest.writer import Writer
    from telemetry.datafolder import DataFolder
    from telemetry.timestamps import now_us

    folder = DataFolder(settings.data_dir)
    stop = _asked_to_stop()
    with opened_or_recovered(settings, folder, stop) as connection:
        inbox = Inbox(settings.queue_limit, _WINDOW, settings.flush_seconds)
        recent = Recent()
        keeper = Keeper(settings, connection)
        writer = Writer(settings, connection, inbox, recent, keeper)
        subscriber = Subscriber(settings, folder, inbox, writer.sources.filters())
        boards = BoardUsers(settings, folder)
        _refresh(boards)
        questions = with_live_questions(folder, writer, subscriber, inbox, recent)
        sender = Sender(settings, writer)
        service = ReadService(settings, folder, connection, questions, Actions(writer, recent, boards, sender))
        folder.announce_ingest({"port": service.port, "pid": os.getpid(), "started_us": now_us()})
        failed = threading.Event()

        def write() -> None:
            try:
                writer.run(subscriber)
            except Exception:  # noqa: BLE001  (whatever it was, the process must not live on without its writer)
                _log.exception("the writer cannot go on: nothing that the broker still has is lost")
                failed.set()
                stop.set()

        # A daemon, because a disk that hangs must not keep the process for ever; what it holds is unacknowledged.
        thread = threading.Thread(target=write, name="writer", daemon=True)
        thread.start()
        for part in (keeper, sender, subscriber):
            part.start()
        _say_ready(writer, folder.database, service.port)
        with ready(lambda: thread.is_alive() and inbox.untouched_seconds < _STUCK_SECONDS):
            # In steps: a signal that comes just before we begin to wait is noted, and wakes nobody.
            while not stop.wait(1.0):
                pass
        left = _time_left(_STOP_SECONDS)
        keeper.ask_to_stop()
        sender.stop(left() / 8)  # for each of the two things it waits for
        _end_writing(left, inbox, keeper, thread, connection)
        _within(left() / 2, subscriber.stop)
        _within(left(), service.close)
        _log.info("stopped; everything that was acknowledged is stored")
        return 1 if failed.is_set() else 0


def _asked_to_stop() -> threading.Event:
    """Set by SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _time_left(seconds: float) -> Callable[[], float]:
    """How much is left of some seconds from now on: all parts together take no longer."""
    deadline = time.monotonic() + seconds
    return lambda: max(deadline - time.monotonic(), 0.0)


def _end_writing(
    left: Callable[[], float], inbox: Inbox, keeper: Keeper, writer: threading.Thread,
    connection: duckdb.DuckDBPyConnection,
) -> None:  # fmt: skip
    """Let the writer store what it has; what it does not come to stays unacknowledged at the broker."""
    inbox.close()
    keeper.stop(left() / 2)
    writer.join(left() * 3 / 4)
    if writer.is_alive():
        connection.interrupt()
        writer.join(left() / 2)
    inbox.abandon()


def _within(seconds: float, end: Callable[[], None]) -> None:
    """End a part, and go on without it where it takes longer."""
    thread = threading.Thread(target=end, daemon=True)
    thread.start()
    thread.join(seconds)


def _say_ready(writer: Writer, database: Path, port: int) -> None:
    _log.info("reads the sources %s", ", ".join(row.name for row in writer.sources.rows))
    _log.info("writes %s, answers questions on 127.0.0.1:%d", database, port)


def _refresh(boards: BoardUsers) -> None:
    if note := boards.refresh():
        _log.warning("the sources read other topics than before, which the broker must allow: %s", note)


#: Mosquitto hands over 20 messages and waits for acknowledgements; other brokers allow more.
_WINDOW = 20
#: The parts end within these; closing the database, and this process, have the rest of five seconds.
_STOP_SECONDS = 3.5
#: The longest that one piece of work may hold up the writer: a deletion or an import of years on a small machine.
_STUCK_SECONDS = 900.0

if __name__ == "__main__":
    code = main()
    # An error and its trace hold one another, and with them parts of DuckDB: what is not freed before the end of the
    # interpreter, its bindings list line by line.
    gc.collect()
    sys.exit(code)
