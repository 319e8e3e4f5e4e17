"""What panels and pages ask at the same moment is asked once: the lists of devices and series, which nearly all need.

A page that opens asks for them five times, a classroom's browsers each time anything changes. An answer is shared for a
fifth of a second, and never past what this process knows to have changed: an action that it carried out, a reading or
a revision of the store that it has heard of since. So whoever acted, or was told that something is new, sees it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telemetry.questions import metadata_of

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboard.commands.commanding import Acts
    from dashboard.context import Asks

#: Questions without arguments of which everybody gets the same answer.
_SHARED = ("devices", "series")
_SECONDS = 0.2
#: Questions that tell how far the store has come, and how they call it: by readings, by all else, by the devices shown.
_TELL_BESIDE = ("changes", "latest")
_TOLD = ("cursor", "revision", "standing")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way, or its answer."""

    at: float
    answer: Future[pa.Table]


class SharedAnswers:
    """A reader whose answers are shared for a moment."""

    def __init__(self, reader: Asks, clock: Callable[[], float] = time.monotonic) -> None:
        self._reader = reader
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[str, _Asked] = {}
        #: How far the store had come when somebody heard of it last.
        self._known: dict[str, Any] = {}

    def ask(self, question: str, **arguments: Any) -> pa.Table:
        """The answer to a named question; errors as those of telemetry.reader.Reader.ask, shared likewise."""
        if question not in _SHARED or arguments:
            found = self._reader.ask(question, **arguments)
            self._hear(question, found)
            return found
        with self._lock:
            asked, now = self._asked.get(question), self._clock()
            is_ours = asked is None or now - asked.at >= _SECONDS
            if asked is None or is_ours:
                asked = self._asked[question] = _Asked(now, Future())
        if is_ours:
            try:
                asked.answer.set_result(self._reader.ask(question))
            except BaseException as error:
                asked.answer.set_exception(error)
                raise
        return asked.answer.result()

    def forget(self) -> None:
        """Something has changed: whoever asks from now on gets an answer from now on."""
        with self._lock:
            self._asked.clear()

    def _hear(self, question: str, found: pa.Table) -> None:
        """Whether the store has changed since, as some questions tell beside their answers."""
        if question in _TELL_BESIDE:
            heard = {key: value for key, value in metadata_of(found).items() if key in _TOLD}
        elif question == "health":
            heard = {"revision": found.column("revision")[0].as_py()}
        else:
            return
        if not heard.items() <= self._known.items():
            self._known = {**self._known, **heard}
            self.forget()


class ForgettingActions:
    """Actions after which no answer from before is shared."""

    def __init__(self, actions: Acts, shared: SharedAnswers) -> None:
        self._actions = actions
        self._shared = shared

    def call(self, action: str, arguments: dict[str, Any], by: str) -> Any:
        """The action's result; errors as those of telemetry.reader.Actions.call."""
        try:
            return self._actions.call(action, arguments, by)
        finally:
            self._shared.forget()
