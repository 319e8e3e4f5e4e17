"""The supervisor with real processes: small Python programs that live, die or refuse."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from launcher.supervisor import Part, Supervisor
from tests.harness.waiting import until

_LIVES = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"
_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"


@pytest.fixture
def said() -> list[str]:
    return []


def _python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_killed_part_is_started_again_and_said(said: list[str]) -> None:
    supervisor = Supervisor([Part("lives", _python(_LIVES))], said.append)
    supervisor.start()
    first = supervisor.pids()["lives"]

    def kill_then_stop() -> None:
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.pids().get("lives") not in (None, first), "a second process")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=kill_then_stop).start()
    assert supervisor.run() == 0
    assert any("was killed by signal 9" in line for line in said)
    assert any("started again" in line for line in said)
    assert not _alive(first)


def test_a_part_that_waits_for_something_is_started_when_it_is_there(said: list[str]) -> None:
    there = threading.Event()
    noted: list[tuple[str, str]] = []
    parts = [Part("host", _python(_LIVES)), Part("board", _python(_LIVES), when=there.is_set)]
    supervisor = Supervisor(parts, said.append, lambda part, what, _code: noted.append((part, what)))
    supervisor.start()
    assert set(supervisor.pids()) == {"host"}

    def let_then_stop() -> None:
        there.set()
        until(lambda: "board" in supervisor.pids(), "the part that waited")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=let_then_stop, daemon=True).start()
    assert supervisor.run() == 0
    assert noted == [("host", "started"), ("board", "started")]
    assert said == []


def test_a_part_that_needs_mending_stops_everything_with_exit_code_2(said: list[str]) -> None:
    parts = [Part("lives", _python(_LIVES)), Part("refuses", _python("raise SystemExit(2)"))]
    supervisor = Supervisor(parts, said.append)
    supervisor.start()
    other = supervisor.pids()["lives"]
    assert supervisor.run() == 2
    assert not _alive(other)


def test_a_part_that_ignores_the_signal_is_killed(said: list[str]) -> None:
    supervisor = Supervisor([Part("deaf", _python(_DEAF))], said.append)
    supervisor.start()
    pid = supervisor.pids()["deaf"]
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGTERM]).start()
    assert supervisor.run() == 0
    assert not _alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_parts_end_when_the_supervisor_is_killed_outright(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path.cwd())!r})
from launcher.supervisor import Part, Supervisor
supervisor = Supervisor([Part("lives", [sys.executable, "-c", {_LIVES!r}])], print)
supervisor.start()
print(supervisor.pids()["lives"], flush=True)
supervisor.run()
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _alive(child)
    parent.kill()
    parent.wait()
    until(lambda: not _alive(child), "the end of the child")
    parent.stdout.close()
