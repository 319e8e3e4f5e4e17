"""What a service tells systemd, where systemd started it: ready, alive, stopping (the protocol of sd_notify(3)).

Outside of systemd nothing is told, and nothing costs anything. The protocol is one datagram; the packages for it on
PyPI are either unmaintained or bind to the C library.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

_LOG = logging.getLogger("service")
_US = 1_000_000


class ServiceManager:
    """The manager that started this process, or none.

    `environment`: where NOTIFY_SOCKET and WATCHDOG_USEC are looked for; this process's own by default.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        found = os.environ if environment is None else environment
        self._address = found.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = f"\0{self._address[1:]}"
        self._every_seconds = _watchdog_seconds(found) / 2
        self._stop = threading.Event()

    @property
    def watched(self) -> bool:
        """Whether somebody ends this process when it is silent for too long."""
        return bool(self._address) and self._every_seconds > 0

    def ready(self, alive: Callable[[], bool]) -> None:
        """The work has begun; from now on say twice in each watchdog's time that it goes on, while `alive()` holds.

        `alive` runs in a thread of its own. When it fails or does not come back, nothing is said, and the manager
        starts the process again.
        """
        self._tell("READY=1")
        if self.watched:
            threading.Thread(target=self._beat, args=(alive,), name="watchdog", daemon=True).start()

    def stopping(self) -> None:
        """The end has begun, and was asked for."""
        self._stop.set()
        self._tell("STOPPING=1")

    def _beat(self, alive: Callable[[], bool]) -> None:
        held_up = False
        while not self._stop.is_set():
            fine = _fine(alive)
            if fine:
                self._tell("WATCHDOG=1")
            elif not held_up:
                _LOG.error("this process makes no headway; systemd will start it again")
            held_up = not fine
            self._stop.wait(self._every_seconds)

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        # A manager that is gone, or busy, is no reason to stop working.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(state.encode(), self._address)


@contextlib.contextmanager
def ready(alive: Callable[[], bool]) -> Iterator[None]:
    """While the context lasts, this process works, and its manager hears of it (see `ServiceManager.ready`)."""
    manager = ServiceManager()
    manager.ready(alive)
    yield
    manager.stopping()


def _watchdog_seconds(environment: Mapping[str, str]) -> float:
    """How long the manager waits for a sign of life; 0 where it does not wait, or for another process."""
    try:
        if int(environment.get("WATCHDOG_PID", os.getpid())) != os.getpid():
            return 0.0
        return int(environment.get("WATCHDOG_USEC", "0")) / _US
    except ValueError:
        return 0.0


def _fine(alive: Callable[[], bool]) -> bool:
    try:
        return alive()
    except Exception:  # noqa: BLE001  (whatever it is: nobody knows that all is well)
        _LOG.exception("whether this process makes headway cannot be told")
        return False
