"""From a bare board to its first reading by one command, and a sentence for each thing that can be in the way."""

from __future__ import annotations

import argparse
import contextlib
import os
import pty
import subprocess
import sys
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware.deploy import command, connection, console
from firmware.deploy.connection import BoardConnection
from firmware.deploy.errors import BoardConfigError, BoardError
from firmware.deploy.lumos import RunningLumos
from firmware.deploy.questions import Person
from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.firmware.conftest import Broker, free_port
from tests.firmware.virtual_board.board import VirtualBoard
from tests.firmware.virtual_board.conftest import StartBoard
from tests.harness.processes import ROOT, lumos
from tests.harness.waiting import until

WIFI = {"BOARD_WIFI_SSID": "lab", "BOARD_WIFI_PASSWORD": "pass word"}


@dataclass(frozen=True)
class OpenLumos:
    """A Lumos with logins and TLS, as `--lan` starts it."""

    folder: DataFolder
    page: str


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual board that does not listen yet is asked again soon."""
    monkeypatch.setattr(connection, "_ATTEMPT_SECONDS", 0.5)
    monkeypatch.setattr(connection, "_SILENCE_SECONDS", 0.5)


@pytest.fixture
def open_lumos(tmp_path: Path) -> Iterator[OpenLumos]:
    folder = DataFolder(tmp_path / "data")
    (tmp_path / "password").write_text("correct horse battery")
    with lumos(tmp_path / "certificate.log", "certificate", "--data-dir", folder.path) as made:
        assert made.process.wait(30) == 0, made.output()
    ports = [str(free_port()), str(free_port())]
    flags = ["--data-dir", folder.path, "--port", ports[0], "--mqtt-port", ports[1]]
    with lumos(tmp_path / "lumos.log", *flags, "--lan", "--admin-password-file", tmp_path / "password") as app:
        until(lambda: "Lumos is ready" in app.output(), "the address on the console", 30)
        yield OpenLumos(folder, f"https://127.0.0.1:{ports[0]}")


def _deploy(port: str, folder: DataFolder, *flags: str, **environment: str) -> tuple[int, str]:
    """Run the command as a person does who has nothing to type; its exit code and what it said."""
    words = [sys.executable, "-m", "firmware", "deploy", "--port", port, "--data-dir", str(folder.path), *flags]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_bare_board_is_deployed_reports_and_is_left_alone_when_nothing_changed(
    bare: VirtualBoard, open_lumos: OpenLumos
) -> None:
    (bare.state / "hosts").write_text("lumos.local 127.0.0.1\n")  # as the board's mDNS would answer
    flags = ["--device", "window", "--broker", "lumos.local"]
    code, said = _deploy(bare.port, open_lumos.folder, *flags, **WIFI)
    assert code == 0, said
    assert "copied and verified" in said
    assert "window has a password of its own at the broker" in said
    assert f"{open_lumos.page}/?device=window" in said
    reader = Reader(open_lumos.folder)
    # Without a sensor at its pin it has a temperature of its own.
    until(
        lambda: (
            {"light", "board_temperature"}
            <= {row["metric"] for row in reader.ask("last_values").to_pylist() if row["device"] == "window"}
        ),
        "its readings",
    )
    with BoardConnection(bare.port) as board:
        config = board.config()
    assert config["username"] == "window"
    assert config["tls_ca"]

    code, again = _deploy(bare.port, open_lumos.folder)
    assert code == 0, again
    assert "nothing to copy" in again
    assert "password of its own" not in again
    assert f"{open_lumos.page}/?device=window" in again
    with BoardConnection(bare.port) as board:
        assert board.config() == config

    # Somebody who has lost the board's password, or deploys another board under its name, gets a fresh one.
    fresh, _ = RunningLumos(open_lumos.folder).board_password("window")
    assert fresh != config["password"]

    log = (open_lumos.folder.path.parent / "lumos.log").read_text()
    for secret in (config["password"], "pass word"):
        assert secret not in said + again + log


NOBODY = Person(lambda _: "", lambda _: "", present=False)


def _try(port: str, tmp_path: Path, *flags: str, **environment: str) -> list[str]:
    """Deploy within this process to where no Lumos runs; what was said."""
    parser = argparse.ArgumentParser()
    command.add_deploy_arguments(parser)
    given = parser.parse_args(["--port", port, "--data-dir", str(tmp_path / "no-lumos"), *flags])
    said: list[str] = []
    environment = {"BOARD_DEVICE": "v1", "BOARD_BROKER": "127.0.0.1", "BOARD_PASSWORD": "secret", **environment}
    command._Deployment(given, said.append).run(environment, NOBODY)
    return said


def test_without_lumos_the_board_itself_says_that_it_is_connected(
    start_board: StartBoard, broker: Broker, tmp_path: Path
) -> None:
    board = start_board(None)
    file = tmp_path / "board.toml"
    file.write_text(f'device = "shelf"\nhost = "127.0.0.1"\nport = {broker.port}\n[wifi]\nssid = "lab"\n')
    said = _try(board.port, tmp_path, "--config", str(file), **WIFI)
    assert "nothing to copy: the board has this program already" in said
    assert "v1 is connected to the broker" in said[-1]  # the environment is stronger than the file


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({**WIFI, "BOARD_WIFI_PASSWORD": "wrong"}, r"the Wi-Fi 'lab' refuses the password: deploy again with --wifi"),
        ({**WIFI, "BOARD_WIFI_SSID": "other"}, r"no Wi-Fi named 'other' is in reach of the board"),
        (WIFI, r"cannot use the broker at 127.0.0.1:\d+ \(.*ECONNREFUSED\): see that it runs"),
    ],
)
def test_a_board_that_does_not_get_through_says_why(
    start_board: StartBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
) -> None:
    monkeypatch.setattr(console, "_BROKER_SECONDS", 0.5)
    with pytest.raises(BoardError, match=sentence):
        _try(start_board(None).port, tmp_path, "--broker-port", str(free_port()), **environment)


def test_a_broker_that_refuses_the_boards_password_is_told_apart(
    start_board: StartBoard, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_BROKER_SECONDS", 0.5)
    broker.kill()
    broker.require_password("v1", "another")
    broker.start()
    with pytest.raises(BoardError, match=r"the broker refuses: .*: deploy again with --new-password"):
        _try(start_board(None).port, tmp_path, "--broker-port", str(broker.port), **WIFI)


def test_a_board_that_says_nothing_is_given_up_with_the_way_to_look(
    start_board: StartBoard, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_REPORT_SECONDS", 0.2)
    with pytest.raises(BoardError, match=r"v1 has not reported within 0 s: `python -m firmware console` shows"):
        _try(start_board(None).port, tmp_path, "--broker-port", str(free_port()), **WIFI)


def test_no_board_and_several_boards_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ports", list)
    with pytest.raises(BoardError, match=r"no board is connected: plug one in"):
        connection.choose_port(None)
    monkeypatch.setattr(connection, "ports", lambda: ["/dev/ttyUSB0", "/dev/ttyUSB1"])
    with pytest.raises(BoardError, match=r"choose one with --port \(/dev/ttyUSB0, /dev/ttyUSB1\)"):
        connection.choose_port(None)


def test_a_port_that_is_not_there_is_said_by_the_command(tmp_path: Path) -> None:
    code, said = _deploy("/dev/tty-none", DataFolder(tmp_path / "data"))
    assert code == 2
    assert said.startswith("deploy: there is no port /dev/tty-none: ")
    assert len(said.splitlines()) == 1


def test_a_port_that_another_program_has_is_said(bare: VirtualBoard) -> None:
    with (
        contextlib.closing(serial.serial_for_url(bare.port, exclusive=True)),
        pytest.raises(BoardError, match=r"is in use: close the other program"),
    ):
        BoardConnection(bare.port)


def test_a_port_that_this_user_may_not_open_is_said(bare: VirtualBoard) -> None:
    # The whole process becomes somebody else for a moment, who could not start the board either.
    bare.says(b">>>")
    Path(bare.port).chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        with pytest.raises(BoardError, match=r"no permission for .*: sudo usermod -aG dialout"):
            BoardConnection(bare.port)
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("speaks", [False, True])
def test_what_is_no_micropython_is_said(monkeypatch: pytest.MonkeyPatch, speaks: bool) -> None:
    monkeypatch.setattr(connection, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(connection, "_ATTEMPT_SECONDS", 0.1)
    monkeypatch.setattr(connection, "_SILENCE_SECONDS", 0.1)
    near, far = pty.openpty()
    tty.setraw(far)
    try:
        if speaks:
            os.write(near, b"\xff\x00ets Jul 29 2019 12:21:46\r\nwaiting for download\r\n" * 20)
        with pytest.raises(BoardError, match=r"does not answer as MicroPython does: flash MicroPython first"):
            BoardConnection(os.ttyname(far))
    finally:
        os.close(near)
        os.close(far)


def test_a_micropython_that_is_too_old_is_said(bare: VirtualBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "OLDEST_MICROPYTHON", (9, 0))
    with BoardConnection(bare.port) as board, pytest.raises(BoardError, match=r"Lumos needs 9\.0 or newer"):
        board.identify()


def test_without_lumos_and_without_a_password_it_says_how_to_get_one(start_board: StartBoard, tmp_path: Path) -> None:
    with pytest.raises(BoardConfigError, match=r"start it with --lan, or set BOARD_PASSWORD"):
        _try(start_board(None).port, tmp_path, BOARD_PASSWORD="", **WIFI)


def test_a_damaged_and_a_strange_file_are_mended(start_board: StartBoard, tmp_path: Path) -> None:
    board = start_board(None)
    with BoardConnection(board.port) as cable:
        cable.write("board/codec.mpy", b"damaged")
        cable.write("board/of_old.py", b"raise SystemExit")
    said = _try(board.port, tmp_path, "--no-wait", "--broker-port", "1", **WIFI)
    assert "removed board/of_old.py, which is not of this program" in said
    assert any(line.startswith("copied and verified 1 files") for line in said)


def test_the_console_shows_what_the_board_says(start_board: StartBoard, tmp_path: Path) -> None:
    board = start_board(None)
    _try(board.port, tmp_path, "--no-wait", "--broker-port", str(free_port()), **WIFI)
    with console.Console(board.port) as heard:
        line = next(line for line in heard.follow() if "no broker at 127.0.0.1" in line)
    assert "trying again" in line


def test_no_flag_takes_a_password() -> None:
    parser = argparse.ArgumentParser()
    command.add_deploy_arguments(parser)
    takes_text = [action for action in parser._actions if action.nargs is None]
    assert not [flag for action in takes_text for flag in action.option_strings if "password" in flag]


def test_what_the_board_was_told_is_in_its_own_file_only(start_board: StartBoard, tmp_path: Path) -> None:
    board = start_board(None)
    _try(board.port, tmp_path, "--no-wait", "--broker-port", "1", **WIFI)
    with BoardConnection(board.port) as cable:
        config: dict[str, Any] = cable.config()
    assert config["wifi"] == {"ssid": "lab", "password": "pass word"}
    assert config["sensors"] == [
        {"driver": "photoresistor", "metric": "light", "pin": 36},
        {"driver": "internal", "metric": "board_temperature"},
    ]
