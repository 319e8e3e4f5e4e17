"""`python -m firmware deploy` and `console`: from a bare board with MicroPython to its first reading on the page."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware.deploy import files, questions
from firmware.deploy.boards import BOARDS
from firmware.deploy.connection import BoardConnection, choose_port
from firmware.deploy.console import Console, wait_for_report
from firmware.deploy.errors import BoardConfigError
from firmware.deploy.lumos import RunningLumos
from firmware.deploy.questions import Person, at_terminal
from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError

_REPORT_SECONDS = 90.0
_MQTT_PORT = 1883


def add_deploy_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `deploy`. Passwords are no flags: they would stand in the history of the shell."""
    add_console_arguments(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="what the board is to be told, as TOML")
    parser.add_argument("--device", help="name of the device")
    parser.add_argument("--board", choices=sorted(BOARDS), help="which board it is; asked for where several fit")
    parser.add_argument("--wifi", metavar="SSID", help="name of the Wi-Fi (its password is asked for)")
    parser.add_argument("--broker", metavar="HOST", help="the broker as the board reaches it")
    parser.add_argument(
        "--broker-port", type=int, metavar="PORT", help="the broker's port [1883, or the running Lumos']"
    )
    parser.add_argument(
        "--light-pin", type=int, metavar="PIN", help="pin of the light sensor [that of the board's row]"
    )
    parser.add_argument("--new-password", action="store_true", help="a new password for the board's user at the broker")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="data folder of the running Lumos [data]")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the board's first status")


def add_console_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `console`."""
    parser.add_argument(
        "--port", metavar="PORT", help="serial port of the board; found by itself when there is one board"
    )


def deploy(given: argparse.Namespace) -> int:
    """The exit code: 0, or 2 with a sentence."""
    try:
        _Deployment(given, _say).run(os.environ, at_terminal())
    except LumosError as error:
        _say(f"deploy: {error}")
        return 2
    except (KeyboardInterrupt, EOFError):
        _say("stopped; the board starts with what it had when its reset button is pressed")
        return 130
    return 0


def console(given: argparse.Namespace) -> int:
    """Show the board's log until Ctrl-C; 0, or 2 with a sentence."""
    try:
        with Console(choose_port(given.port)) as heard:
            for line in heard.follow():
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    except LumosError as error:
        _say(f"console: {error}")
        return 2
    except KeyboardInterrupt:
        pass
    return 0


class _Deployment:
    """One board, one Lumos or none, and what is told on the way."""

    def __init__(self, given: argparse.Namespace, say: Callable[[str], None]) -> None:
        self._given = given
        self._say = say
        self._lumos = RunningLumos(DataFolder(given.data_dir))
        self._running = self._lumos.address()

    def run(self, environment: Mapping[str, str], person: Person) -> None:
        """Everything, in its order. Raises LumosError with a sentence."""
        asked = questions.merged(
            questions.from_file(self._given.config), questions.from_environment(environment), _from_flags(self._given)
        )
        with BoardConnection(choose_port(self._given.port)) as board:
            board.keep_watchdog_quiet()
            version, machine = board.identify()
            self._say(f"{board.port}: MicroPython {version}{f', {machine}' if machine else ''}")
            before = board.config()
            kept = {**before, "wifi": {}} if self._given.wifi else before  # another Wi-Fi has another password
            known = questions.merged(kept, asked)
            default_host = self._running.broker_host if self._running else None
            config = questions.complete(known, person, default_host, machine)
            self._find_broker(config, asked.get("port"))
            self._join(config, before, asked)
            self._copy(board)
            if config != before:
                board.write("board.json", json.dumps(config).encode())
            since_us = self._lumos.last_status_us(config["device"]) if self._running else 0
            self._say("restarting the board")
            board.restart()
        if not self._given.no_wait:
            self._wait(board.port, config, since_us)

    def _find_broker(self, config: dict[str, Any], port: int | None) -> None:
        """The port and whom to trust there: what was asked for, else what this Lumos says of its broker."""
        running = self._running
        if running is not None and config["host"] in running.broker_names:
            config["port"] = port or running.broker_port
            config["tls_ca"] = running.authority_der() or ""
        elif port is not None or "port" not in config:
            config["port"] = port or _MQTT_PORT

    def _join(self, config: dict[str, Any], before: dict[str, Any], asked: dict[str, Any]) -> None:
        """A user of the board's own at the broker, unless it has one."""
        device = config["device"]
        if not self._given.new_password and config.get("password"):
            theirs = "password" in asked or before.get("device") == device
            if theirs and config.setdefault("username", device):
                return
        if self._running is None:
            raise BoardConfigError(
                "no Lumos runs on this data folder to make the board's password: start it with --lan,"
                " or set BOARD_PASSWORD (`python -m ingest device add` makes one)"
            )
        if self._running.broker_host is None:
            self._say("note: this Lumos listens on this machine only: start it with --lan for boards on the network")
        config["username"] = device
        config["password"], note = self._lumos.board_password(device)
        self._say(f"{device} has a password of its own at the broker{f': {note}' if note else ''}")

    def _copy(self, board: BoardConnection) -> None:
        from tqdm import tqdm

        program = files.program()
        changed = {path: program[path] for path in board.differing(program)}
        for path in board.remove_strangers(program, "board"):
            self._say(f"removed {path}, which is not of this program")
        if not changed:
            self._say("nothing to copy: the board has this program already")
            return
        total = sum(map(len, changed.values()))
        with tqdm(total=total, unit="B", unit_scale=True, leave=False, disable=None) as bar:
            for path, content in changed.items():
                bar.set_description(path)
                board.write(path, content, bar.update)
        self._say(f"copied and verified {len(changed)} files, {total / 1000:.1f} kB")

    def _wait(self, port: str, config: dict[str, Any], since_us: int) -> None:
        """Until the board has reported to Lumos, or to the broker where no Lumos is there to say so."""
        device, lumos = config["device"], self._lumos
        with Console(port) as heard:
            if self._running is None:
                wait_for_report(heard, config, None, _REPORT_SECONDS)
                self._say(f"{device} is connected to the broker; no Lumos runs on this data folder to show it")
                return
            status = wait_for_report(heard, config, lambda: lumos.status_since(device, since_us), _REPORT_SECONDS)
        self._say(f"{device} reports: firmware {status.get('fw')}, address {status.get('ip')}")
        self._say(f"{self._running.page}/?device={device}")


def _from_flags(given: argparse.Namespace) -> dict[str, Any]:
    named = {"device": given.device, "board": given.board, "host": given.broker, "port": given.broker_port}
    flags: dict[str, Any] = {key: value for key, value in named.items() if value}
    if given.wifi:
        flags["wifi"] = {"ssid": given.wifi}
    if given.light_pin is not None:
        flags["sensors"] = questions.light_on(given.light_pin)
    return flags


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
