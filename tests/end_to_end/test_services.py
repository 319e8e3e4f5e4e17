"""Lumos as services: the unit files by systemd's own checks, and what they start, started here as systemd does.

No systemd runs in the machines of the tests, so a stand-in reads the unit files and the notifications: it starts each
ExecStart with its Environment and its WorkingDirectory, and listens at NOTIFY_SOCKET. The programs are the real ones.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
import yaml

from tests.harness.http import get, get_json
from tests.harness.observer import observer
from tests.harness.processes import ROOT, Running, free_port, lumos, program
from tests.harness.waiting import until

SERVICES = ["lumos-host", "lumos-broker", "lumos-ingest", "lumos-dashboard"]
#: What `systemd-analyze security` may find left to take away, of 10: it calls up to 4.9 "OK".
_MOST_EXPOSED = 3.0


@pytest.fixture
def user() -> str:
    """Somebody who is not root, so that nothing need be made."""
    return "daemon" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def app(*words: str | Path, where: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LUMOS_")}
    command = [sys.executable, str(ROOT / "app.py"), *map(str, words)]
    return subprocess.run(
        command, cwd=where, env={**environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def read(unit: Path) -> dict[str, list[str]]:
    """The lines of a unit file by their names."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found.setdefault(name, []).append(value)
    return found


def complaints(units: list[Path], manager: str) -> tuple[int, list[str]]:
    """What systemd says of unit files that lie in one folder: its exit code, and its lines about them.

    `manager` is `--system` or `--user`; a user's wants a folder for what runs, which a test has not got.
    """
    run = units[0].parent.parent / "run"
    run.mkdir(exist_ok=True)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", manager, *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units[0].parent}:", "XDG_RUNTIME_DIR": str(run)},
    )
    return checked.returncode, [line for line in checked.stderr.splitlines() if "lumos" in line]


def test_the_machines_units_pass_systemds_own_checks(tmp_path: Path, user: str) -> None:
    data = tmp_path / "data of 100 % $HOME"
    done = app("install", "--system", "--user", user, "--root", tmp_path, "--data-dir", data, "--place", 'Lab "7"')
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "etc/systemd/system"
    written = [folder / "lumos.target", *(folder / f"{name}.service" for name in SERVICES)]
    assert sorted(folder.iterdir()) == sorted(written)
    assert complaints(written, "--system") == (0, [])
    for unit in written[1:]:
        lines = read(unit)
        assert lines["User"] == [user]
        assert f'"LUMOS_DATA_DIR={tmp_path}/data of 100 %% $HOME"' in lines["Environment"]
        assert r'"LUMOS_PLACE=Lab \"7\""' in lines["Environment"]
        bound = f"--threshold={_MOST_EXPOSED * 10:.0f}"
        look = ["systemd-analyze", "security", "--offline=true", "--no-pager", bound, str(unit)]
        exposed = subprocess.run(look, capture_output=True, text=True, check=False)
        assert exposed.returncode == 0, exposed.stdout[-300:]


def test_a_users_own_units_pass_systemds_own_checks(tmp_path: Path) -> None:
    data = tmp_path / "data of 100 % $HOME"
    done = app("install", "--root", tmp_path, "--data-dir", data, "--place", 'Lab "7"')
    assert done.returncode == 0, done.stderr
    (target,) = tmp_path.glob("**/systemd/user/lumos.target")
    written = [target, *(target.parent / f"{name}.service" for name in SERVICES)]
    assert sorted(target.parent.iterdir()) == sorted(written)
    assert complaints(written, "--user") == (0, [])
    for unit in written[1:]:
        lines = read(unit)
        assert lines["WantedBy"] == ["lumos.target"]
        # What a user's manager cannot do, and would say only when it starts the unit.
        assert not {"User", "ProtectSystem", "CapabilityBoundingSet", "PrivateDevices"} & lines.keys()
        assert "network-online.target" not in unit.read_text()
    assert read(target)["WantedBy"] == ["default.target"]
    written[1].write_text(written[1].read_text().replace("RestartSec=2", "RestartSec=two"))
    assert len(complaints(written, "--user")[1]) == 1  # it does look


def test_uninstall_takes_away_just_what_install_wrote(tmp_path: Path, user: str) -> None:
    data, folder = tmp_path / "data", tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    (folder / "lumos-of-somebody-else.service").write_text("[Service]\nExecStart=/bin/true\n")
    flags = ("--system", "--root", tmp_path, "--data-dir", data)
    assert app("install", *flags, "--user", user).returncode == 0
    # With Mosquitto in its place the embedded broker's unit goes.
    assert app("install", *flags, "--user", user, "--mqtt-host", "127.0.0.1").returncode == 0
    assert not (folder / "lumos-broker.service").exists()
    (data / "lumos.duckdb").write_text("years of readings")
    done = app("uninstall", *flags)
    assert done.returncode == 0, done.stderr
    assert "its data stays in" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["lumos-of-somebody-else.service"]
    assert (data / "lumos.duckdb").read_text() == "years of readings"
    again = app("uninstall", *flags)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "is not installed in" in again.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("install", "--system", "--user", "nobody-at-all"), "'nobody-at-all' is no user of this machine"),
        (("install", "--system", "--user", "root"), "Lumos is not run as root"),
        (("status",), "systemd does not run"),
        (("install", "--sytem"), "--sytem is no flag"),
    ],
)
def test_what_a_person_must_mend_is_one_sentence(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    done = app(*words, "--data-dir", tmp_path / "data")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "data").exists()


class Manager:
    """Starts services as their unit files say, and hears what they tell."""

    def __init__(self, units: Path, logs: Path, watchdog_seconds: float) -> None:
        self._units, self._logs = units, logs
        self._watchdog_us = round(watchdog_seconds * 1_000_000)
        self._stack = contextlib.ExitStack()
        self.heard: dict[str, list[str]] = {}
        self.running: dict[str, Running] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, name: str) -> None:
        unit = read(self._units / f"{name}.service")
        environment = dict(shlex.split(line)[0].replace("%%", "%").split("=", 1) for line in unit["Environment"])
        if unit["Type"] == ["notify"]:
            environment |= {"NOTIFY_SOCKET": self._listen(name), "WATCHDOG_USEC": str(self._watchdog_us)}
        command = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(unit["ExecStart"][0])]
        log = self._logs / f"{name}.log"
        self.running[name] = self._stack.enter_context(program(log, *command, environment=environment))
        if unit["Type"] == ["notify"]:
            until(lambda: "READY=1" in self.heard[name], f"{name} ready", 40)

    def _listen(self, name: str) -> str:
        address = str(self._logs / f"{name}.notify")
        ear = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        ear.bind(address)
        heard = self.heard[name] = []

        def hear() -> None:
            with contextlib.suppress(OSError):
                while word := ear.recv(4096):
                    heard.append(word.decode())

        threading.Thread(target=hear, daemon=True).start()
        return address


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[tuple[Manager, int, int]]:
    """A user's own units, and a stand-in for their manager; the ports of page and broker."""
    http_port, mqtt_port = free_port(), free_port()
    ports = ("--port", str(http_port), "--mqtt-port", str(mqtt_port))
    done = app("install", "--root", tmp_path, "--data-dir", tmp_path / "data", *ports, where=tmp_path)
    assert done.returncode == 0, done.stderr
    units = next(tmp_path.rglob("lumos.target")).parent
    with Manager(units, tmp_path, watchdog_seconds=2) as manager:
        yield manager, http_port, mqtt_port


def test_the_services_work_together_and_tell_their_manager(installed: tuple[Manager, int, int], tmp_path: Path) -> None:
    manager, http_port, mqtt_port = installed
    for name in SERVICES:
        manager.start(name)
    until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
    with observer(mqtt_port, "none") as board:
        board.publish("esp32/window/output", '{"light": 7}')
    until(lambda: get_json(http_port, "/data", device="window", metric="light"), "the reading")
    # Whoever starts a second one on the same data is told.
    with lumos(tmp_path / "second.log", "--data-dir", tmp_path / "data") as second:
        assert second.process.wait(20) == 2
        assert (
            f"Lumos already runs on the data in {tmp_path / 'data'} (http://127.0.0.1:{http_port})" in second.output()
        )
    told = [name for name in SERVICES if name != "lumos-broker"]
    for name in told:
        until(lambda name=name: manager.heard[name].count("WATCHDOG=1") >= 2, f"signs of life of {name}")
    for name in reversed(SERVICES):
        assert manager.running[name].stop() == 0
    for name in told:
        assert manager.heard[name][-1] == "STOPPING=1"


def test_a_page_that_hangs_gives_no_sign_of_life(installed: tuple[Manager, int, int]) -> None:
    manager, _, _ = installed
    manager.start("lumos-host")
    manager.start("lumos-dashboard")
    heard = manager.heard["lumos-dashboard"]
    until(lambda: heard.count("WATCHDOG=1") >= 2, "signs of life")
    manager.running["lumos-dashboard"].process.send_signal(signal.SIGSTOP)
    before = len(heard)
    # Longer than the manager would wait: it would end the program now, and start it again.
    with pytest.raises(AssertionError):
        until(lambda: len(heard) > before + 1, "a sign of life", 3)
    manager.running["lumos-dashboard"].process.send_signal(signal.SIGCONT)
    until(lambda: len(heard) > before + 2, "signs of life again")


def test_the_containers_commands_work_together(tmp_path: Path) -> None:
    """What compose.yaml runs, without the containers around it: no Docker runs in the machines of the tests."""
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert list(composed["services"]) == ["host", "broker", "ingest", "dashboard"]
    data, secret = tmp_path / "data", tmp_path / "admin.password"
    secret.write_text("a long enough password\n")
    ports = {"8050": str(free_port()), "1883": str(free_port())}
    ours = {"LUMOS_DATA_DIR": str(data), "LUMOS_PORT": ports["8050"], "LUMOS_MQTT_PORT": ports["1883"]}
    assert composed["services"]["host"]["ports"] == ["8050:8050", "1883:1883"]
    with contextlib.ExitStack() as stack:
        for name, service in composed["services"].items():
            said = {key: value.replace("/data", str(data)) for key, value in service["environment"].items()}
            said = {key: value.replace("/run/secrets/admin", str(secret)) for key, value in said.items()}
            command = [sys.executable, *shlex.split(service["command"])[1:]]
            stack.enter_context(program(tmp_path / f"{name}.log", *command, environment={**said, **ours}))
            if name == "host":
                until((data / "run/app.json").exists, "the host")
        until(lambda: get(int(ports["8050"]), "/health")[0] == 200, "a healthy Lumos", 40)


def test_the_image_has_what_it_copies_and_no_more_rights_than_it_needs() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert all((ROOT / name).exists() for name in copied)
    assert "USER lumos" in lines
    assert any("--require-hashes" in line for line in lines)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "admin.password", "data/*"} <= set(ignored)
