"""A process that is killed (SIGKILL) before its n-th step: a statement, a file made safe, linked, named or deleted."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: More steps than anything has.
NEVER = 1_000_000


class Steps:
    """Counts down, and kills this process at the end."""

    def __init__(self, left: int) -> None:
        self.left = left

    def step(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def count_files(self) -> None:
        """From here on each file that is made safe, linked, named or deleted is a step."""
        for owner, name in ((os, "fsync"), (os, "link"), (Path, "unlink"), (Path, "replace"), (Path, "rename")):
            self._before(owner, name)

    def over(self, connection: Any) -> Any:
        """A connection each of whose statements is a step."""
        return _Counted(connection, self)

    def _before(self, owner: Any, name: str) -> None:
        call = getattr(owner, name)

        def stepped(*arguments: Any, **more: Any) -> Any:
            self.step()
            return call(*arguments, **more)

        setattr(owner, name, stepped)


class _Counted:
    def __init__(self, connection: Any, steps: Steps) -> None:
        self._connection = connection
        self._steps = steps

    def execute(self, *arguments: Any) -> Any:
        self._steps.step()
        return self._connection.execute(*arguments)


def run_and_kill(work: Callable[..., None], *arguments: Any) -> int:
    """Run a function of a module in a process of its own; its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    child = context.Process(target=work, args=arguments)
    child.start()
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode
