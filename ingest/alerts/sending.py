"""Sends what waits in the outbox, each channel in a thread of its own: neither ingest nor another channel waits.

What a channel does not take is tried again after growing pauses, over restarts, for three days. A message may come
twice only where ingest dies between the service's yes and its record.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.alerts.delivery import send, service_of
from ingest.alerts.outbox import Waiting, next_due_us, record, record_trial, standing, sweep, waiting
from ingest.alerts.usual import look_up
from ingest.alerts.watch import Key
from ingest.alerts.words import compose, trial
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, LumosError
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_HOUR, US_PER_SECOND

if TYPE_CHECKING:
    from ingest.writer import Writer

_log = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 30.0
#: The name under which the look-up of what is usual is under way.
_BANDS = "usual"
_RECORD_SECONDS = 30.0
_SWEEP_US = 6 * US_PER_HOUR
_BANDS_US = 6 * US_PER_HOUR


class Sender:
    """The threads that send; made on the writer's connection. `start` begins, `stop` lets what is under way end."""

    def __init__(self, settings: Settings, writer: Writer) -> None:
        self._settings = settings
        self._folder = DataFolder(settings.data_dir)
        self._writer = writer
        self._alerts = writer.alerts
        self._channels = writer.channels
        self._wake = threading.Event()
        self._stopping = False
        #: What is under way: channels, and the look-up of what is usual.
        self._under_way: set[str] = set()
        self._changed = threading.Condition()
        #: What was sent, or failed, while the store could not take it down: it must not be sent once more.
        self._unrecorded: dict[str, tuple[Waiting, str]] = {}
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._sweep_us = self._bands_us = 0

    def start(self) -> None:
        self._alerts.wake = self._wake.set
        self._channels.failing.update(self._failing())
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Ask for the end, and wait for a while; what is not recorded then is sent again by the next run."""
        self._stopping = True
        self._wake.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, seconds)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def try_out(self, channel_id: str) -> dict[str, Any]:
        """While the asker waits: send a test now, and say what came of it."""
        channel = self._channels.known(channel_id)
        # In a thread that ends: what libraries keep for the asker's, which Flight owns, nobody frees at the end.
        with ThreadPoolExecutor(1) as thread:
            error = thread.submit(send, channel.url, *trial(channel.name, channel.language, self._link())).result()
        self._writer.ask(
            lambda: record_trial(self._writer.connection, channel_id, error, self._alerts.clock.now_us())
        ).result(_RECORD_SECONDS)
        self._note(channel_id, error)
        self._wake.set()
        return {"id": channel_id, "ok": not error, "error": error}

    def _run(self) -> None:
        with self._writer.connection.cursor() as cursor:
            if self._channels.ids():
                self._warm_up()
            while not self._stopping:
                self._wake.clear()
                wait_seconds = _LONGEST_WAIT_SECONDS
                try:
                    wait_seconds = self._round(cursor)
                except (duckdb.Error, OSError, LumosError) as error:
                    _log.warning("alerts wait to be sent: %s", error)
                except Exception:  # noqa: BLE001  (whatever it was, later alerts must be sent)
                    _log.exception("alerts wait to be sent: a fault in the program")
                self._wake.wait(wait_seconds)

    def _round(self, cursor: duckdb.DuckDBPyConnection) -> float:
        """Hand over what is due; how long to wait then."""
        now = self._alerts.clock.now_us()
        with self._changed:
            # Asked before the store is: what ends between the two is not seen as waiting, and sent a second time.
            busy = set(self._under_way)
        for each in waiting(cursor, now):
            if each.channel_id not in busy and self._channels.of(each.channel_id) is not None:
                self._begin(each.channel_id, partial(self._deliver, each))
        if now >= self._sweep_us:
            self._sweep_us = now + _SWEEP_US
            self._ask(lambda: sweep(self._writer.connection, now, self._channels.ids()))
        if _BANDS not in busy:
            self._want_bands(now)
        due_us = next_due_us(cursor)
        wait = _LONGEST_WAIT_SECONDS if due_us is None else (due_us - now) / US_PER_SECOND
        return max(0.5, min(wait, _LONGEST_WAIT_SECONDS))

    def _want_bands(self, now: int) -> None:
        """What is usual, for the rules that ask for it: for new ones at once, for all a few times a day."""
        wanted = self._alerts.wanting_bands(only_new=now < self._bands_us)
        if now >= self._bands_us:
            self._bands_us = now + _BANDS_US
        if wanted:
            self._begin(_BANDS, partial(self._look_up_bands, wanted, now))

    def _look_up_bands(self, wanted: list[tuple[Key, str]], now: int) -> None:
        with self._writer.connection.cursor() as cursor:
            found = look_up(cursor, wanted, now)
        self._ask(lambda: self._alerts.take_bands(found))

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        """Do it in a thread of its own, a daemon: a service that hangs must not keep ingest from its end."""

        def run() -> None:
            try:
                work()
            except (duckdb.Error, OSError, LumosError) as error:
                _log.warning("what came of an alert's message is taken down later: %s", error)
            except Exception:  # noqa: BLE001  (a thread has nobody else to tell)
                _log.exception("a fault in the program, beside alerts")
            finally:
                with self._changed:
                    self._under_way.discard(name)
                    self._changed.notify_all()
                self._wake.set()

        with self._changed:
            self._under_way.add(name)
        threading.Thread(target=run, name=f"alerts {name}", daemon=True).start()

    def _deliver(self, of: Waiting) -> None:
        """One message through one channel, and its record; first that of the one before, where it is still missing."""
        if of.channel_id not in self._unrecorded:
            self._unrecorded[of.channel_id] = (of, self._send(of))
        sent, error = self._unrecorded[of.channel_id]
        self._ask(lambda: record(self._writer.connection, sent, error, self._alerts.clock.now_us()))
        del self._unrecorded[of.channel_id]

    def _send(self, of: Waiting) -> str:
        """Empty, or why it was not taken."""
        channel = self._channels.of(of.channel_id)
        if channel is None or not of.news:
            return ""  # nothing is left to tell of an alert whose device was deleted
        try:
            error = send(channel.url, *compose(of.news, channel.language, self._link()))
        except Exception:  # noqa: BLE001  (one message must not be tried without a pause for ever)
            _log.exception("a message about an alert cannot be written")
            error = "a fault in the program: its log says more"
        self._note(of.channel_id, error)
        return error

    def _note(self, channel_id: str, error: str) -> None:
        """Say it once when a channel fails, and once when it works again."""
        before = self._channels.failing.get(channel_id)
        channel = self._channels.of(channel_id)
        name = "" if channel is None else channel.name
        if error:
            self._channels.failing[channel_id] = error
            if before is None:
                _log.warning("the alert channel '%s' does not work (%s): tried again with growing pauses", name, error)
        elif before is not None:
            self._channels.failing.pop(channel_id, None)
            _log.info("the alert channel '%s' works again", name)

    def _failing(self) -> dict[str, str]:
        with self._writer.connection.cursor() as cursor:
            found = standing(cursor)
        return {key: row["last_error"] for key, row in found.items() if row["failing"] and self._channels.of(key)}

    def _warm_up(self) -> None:
        """Load apprise before the first alert, which is in more of a hurry."""
        with contextlib.suppress(ActionError):
            service_of("json://localhost")

    def _ask(self, work: Callable[[], None]) -> None:
        self._writer.ask(work).result(_RECORD_SECONDS)

    def _link(self) -> str:
        """Where the page of alerts can be opened from elsewhere; nothing where that is not known."""
        try:
            address = str(json.loads(self._folder.app_address.read_text(encoding="utf-8"))["address"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        if not self._settings.login_required:
            return ""  # on this machine only, which is of no use on a phone
        return f"{address}{self._settings.base_path.rstrip('/')}/alerts"
