"""Programs of Lumos, and Mosquitto, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from launcher import embedded_broker
from telemetry.broker_users import BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.topics import Topics
from tests.harness.waiting import until

ROOT = Path(__file__).resolve().parents[2]
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "mosquitto"


@dataclass
class Running:
    """A started program and the file its output goes to."""

    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 10.0) -> int:
        """Send a signal and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def program(log: Path, *command: str | Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a command until the context ends; its output goes to `log`."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LUMOS_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            # Where bytecode is not wanted, each of the many starts would compile all modules anew.
            env={**clean, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, log)
    try:
        yield running
    except BaseException as error:
        error.add_note(f"--- {log.name}\n{running.output()[-4000:]}")
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def lumos(
    log: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None
) -> contextlib.AbstractContextManager[Running]:
    """`python app.py …`."""
    return program(log, sys.executable, "app.py", *arguments, environment=environment)


def module(log: Path, name: str, *arguments: str | Path) -> contextlib.AbstractContextManager[Running]:
    """`python -m name …`."""
    return program(log, sys.executable, "-m", name, *arguments)


def parts(app: Running) -> dict[str, psutil.Process]:
    """The running parts of a Lumos by name, from what their command lines begin with."""
    words = {"nats-server": "broker", "ingest": "ingest", "dashboard": "dashboard", "firmware": "boards"}
    found = {}
    for child in psutil.Process(app.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # also a dead one that nobody has buried yet
            names = [Path(word).name for word in child.cmdline()[:3]]
            found.update({words[name]: child for name in names if name in words})
    return found


@contextlib.contextmanager
def mosquitto(folder: Path, port: int, *more: str) -> Iterator[Running]:
    """A Mosquitto on loopback with a file for its sessions; its defaults (20 in flight, 1,000 queued), and `more`."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "persistence true", "user root"]
    configuration.write_text("\n".join([*lines, f"persistence_location {folder}/", *more, ""]))
    with program(folder / "mosquitto.log", MOSQUITTO, "-c", configuration) as running:
        until(lambda: listens(port), f"Mosquitto on port {port}")
        yield running


def shipped_queues() -> list[str]:
    """What the Mosquitto configuration in docs/ says of queues and of saving them."""
    text = (ROOT / "docs" / "mosquitto.conf").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith(("autosave_", "max_"))]


@contextlib.contextmanager
def embedded(folder: Path, port: int) -> Iterator[Running]:
    """The broker that Lumos brings, on loopback, for everybody."""
    data = DataFolder(folder)
    data.ensure()
    users = BrokerUsers(data, Topics("esp32"))
    command = embedded_broker.command(data, users, "127.0.0.1", port, embedded_broker.Access.EVERYBODY)
    with program(folder / "nats.log", *command) as running:
        until(lambda: listens(port), f"NATS on port {port}")
        yield running


def listens(port: int) -> bool:
    """Whether something accepts connections on loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
