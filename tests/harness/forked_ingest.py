"""Ingest started many times in a row: processes of their own, forked from one that has imported everything already.

Run as a program it is that one. It imports what `python -m ingest` imports and does nothing else, so that a fork has
no threads and no state; each fork then runs `ingest.__main__.main` like a fresh interpreter, half a second earlier.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.harness.processes import ROOT


class ForkedIngest:
    """One ingest at a time."""

    def __init__(self, template: subprocess.Popen[str], log: Path, flags: list[str]) -> None:
        self._template = template
        self._log = log
        self._flags = flags
        self.pid = 0

    def start(self) -> None:
        """Start one; its log is a new file."""
        self._log.write_bytes(b"")
        self.pid = int(self._say("\t".join(self._flags)))

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def is_connected(self) -> bool:
        return "connected to the broker" in self.output()

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; the exit code, negative for a signal."""
        os.kill(self.pid, number)
        return int(self._say("wait"))

    def _say(self, line: str) -> str:
        assert self._template.stdin is not None
        assert self._template.stdout is not None
        self._template.stdin.write(line + "\n")
        self._template.stdin.flush()
        return self._template.stdout.readline()


@contextlib.contextmanager
def forked_ingest(log: Path, *flags: str) -> Iterator[ForkedIngest]:
    """Ingest to be started and killed again and again; what still runs at the end is killed."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(log)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as template:
        made = ForkedIngest(template, log, list(flags))
        try:
            yield made
        except BaseException as error:
            error.add_note(f"--- {log.name}\n{made.output()[-4000:]}")
            raise
        finally:
            assert template.stdin is not None
            template.stdin.close()  # the template kills what still runs
            template.wait(10)


def _template(log: Path) -> None:
    import pyarrow.flight  # noqa: F401

    import ingest.__main__
    import ingest.broker.board_users
    import ingest.broker.subscriber
    import ingest.serving.actions
    import ingest.serving.live_questions
    import ingest.serving.read_service
    import ingest.storage.keeper
    import ingest.storage.store
    import ingest.writer

    child = 0
    for line in sys.stdin:
        if line == "wait\n":
            _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            child = 0
            continue
        child = os.fork()
        if child == 0:
            output = os.open(log, os.O_WRONLY | os.O_APPEND)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os._exit(ingest.__main__.main(line.rstrip("\n").split("\t")))
        _answer(child)
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _template(Path(sys.argv[1]))
