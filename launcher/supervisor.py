"""Starts the parts of Lumos as processes, starts a dead one again, and stops all of them cleanly.

It waits for events (a part that ended, a signal), it does not poll. It knows commands and environments, not what the
parts do.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

#: Ctrl-C ends everything within five seconds: parts get this long, the broker what is left, then they are killed.
_PARTS_STOP_SECONDS = 3.5
_BROKER_STOP_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.2
_LOOK_AGAIN_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 30.0
#: A part that ran this long before it died starts with the short pause again.
_STEADY_SECONDS = 60.0
#: A part's exit code for "a person must mend something"; it has said what.
EXIT_BAD_SETTINGS = 2


@dataclass(frozen=True)
class Part:
    """One process: its name for people, its command, what its environment has beyond ours."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Stopped after all others, since they still talk to it.
    last: bool = False
    #: Started only when this holds; looked at again and again, in a thread of its own.
    when: Callable[[], bool] | None = None


class Supervisor:
    """Runs parts until a signal, or until one says that its settings must be mended."""

    def __init__(
        self,
        parts: Sequence[Part],
        say: Callable[[str], None],
        note: Callable[[str, str, int | None], None] = lambda _part, _what, _code: None,
    ) -> None:
        self._parts = parts
        self._say = say
        #: Told what happened to which part: `started`, `ended` with its exit code, `restarted`.
        self._note = note
        self._events: queue.Queue[tuple[str, Part | None, int]] = queue.Queue()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._pauses: dict[str, float] = {}

    @property
    def names(self) -> set[str]:
        """What it is there to run."""
        return {part.name for part in self._parts}

    def pids(self) -> dict[str, int]:
        """The process id of each running part."""
        return {name: process.pid for name, process in self._running.items()}

    def restart(self, name: str) -> None:
        """End a part, which is started again as if it had ended by itself; for other threads."""
        process = self._running.get(name)
        if process is not None:
            process.terminate()

    def start(self) -> None:
        """Start every part at once, but for those that have a `when`; each waits by itself for what it needs."""
        for part in self._parts:
            if part.when is None:
                self._launch(part)
                self._note(part.name, "started", None)
            else:
                threading.Thread(target=self._await, args=(part, part.when), daemon=True).start()

    def run(self) -> int:
        """Watch until SIGINT or SIGTERM (0), or until a part ends with exit code 2 (2). Everything is stopped then."""
        before = {
            number: signal.signal(number, lambda *_: self._events.put(("stop", None, 0))) for number in _stop_signals()
        }
        try:
            while True:
                what, part, code = self._next()
                if what == "stop":
                    return 0
                if part is None:
                    continue
                if what == "first":
                    self._launch(part)
                    self._note(part.name, "started", None)
                elif what == "start":
                    process = self._launch(part)
                    self._note(part.name, "restarted", None)
                    self._say(f"{part.name} started again, process {process.pid}")
                elif code == EXIT_BAD_SETTINGS:
                    return EXIT_BAD_SETTINGS
                else:
                    self._start_later(part, code)
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End all parts, the broker last; kill what does not end in time."""
        for number in _stop_signals():
            signal.signal(number, signal.SIG_IGN)
        last = {part.name for part in self._parts if part.last}
        first = [process for name, process in self._running.items() if name not in last]
        _end(first, _PARTS_STOP_SECONDS)
        _end([process for name, process in self._running.items() if name in last], _BROKER_STOP_SECONDS)
        self._running.clear()

    def _await(self, part: Part, when: Callable[[], bool]) -> None:
        while not when():
            time.sleep(_LOOK_AGAIN_SECONDS)
        self._events.put(("first", part, 0))

    def _next(self) -> tuple[str, Part | None, int]:
        # A timeout, though nothing is looked at when it runs out: Windows delivers no Ctrl-C while we wait, and
        # elsewhere a signal that comes just before we begin to is noted, and wakes nobody.
        while True:
            try:
                return self._events.get(timeout=1.0)
            except queue.Empty:
                continue

    def _launch(self, part: Part) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops parts in order.
        process = subprocess.Popen(
            part.command,
            env={**os.environ, **part.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        self._running[part.name] = process
        self._started[part.name] = time.monotonic()
        threading.Thread(target=self._wait, args=(part, process), name=f"wait-{part.name}", daemon=True).start()
        return process

    def _wait(self, part: Part, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        self._events.put(("ended", part, code))

    def _start_later(self, part: Part, code: int) -> None:
        lived = time.monotonic() - self._started[part.name]
        pause = _FIRST_PAUSE_SECONDS if lived >= _STEADY_SECONDS else self._pauses.get(part.name, _FIRST_PAUSE_SECONDS)
        self._pauses[part.name] = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        del self._running[part.name]
        self._note(part.name, "ended", code)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._say(f"{part.name} {how}, starting it again in {pause:g} s")
        timer = threading.Timer(pause, self._events.put, [("start", part, 0)])
        timer.daemon = True
        timer.start()


def _stop_signals() -> tuple[signal.Signals, ...]:
    return (
        (signal.SIGINT, signal.SIGTERM) if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    )


def _end(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    """Terminate, wait `seconds` for all of them together, kill what is left."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + seconds
    for process in processes:
        try:
            process.wait(timeout=max(deadline - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """In the child, before its program: have the kernel end it when the supervisor is killed outright."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
