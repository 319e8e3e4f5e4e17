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
from firmware.deploy.connection import BoardConnection, choose_port
from firmware.deploy.console import Console, wait_for_report
from firmware.deploy.errors import BoardConfigError
from firmware.deploy.lumos import Address, RunningLumos
from firmware.deploy.questions import Person, at_terminal
from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError

_REPORT_SECONDS = 90.0
_BAR = 24


def add_deploy_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `deploy`. Passwords are no flags: they would stand in the history of the shell."""
    add_console_arguments(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="what the board is to be told, as TOML")
    parser.add_argument("--device", help="name of the device")
    parser.add_argument("--board", help="which board it is: a row of firmware/board/boards.py")
    parser.add_argument("--wifi", metavar="SSID", help="name of the Wi-Fi (its password is asked for)")
    parser.add_argument("--broker", metavar="HOST", help="the broker as the board reaches it")
    parser.add_argument(
        "--broker-port", type=int, metavar="PORT", help="the broker's port [1883, or the running Lumos']"
    )
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
        _deploy(given, os.environ, at_terminal(), _say)
    except LumosError as error:
        _say(f"deploy: {error}")
        return 2
    except KeyboardInterrupt:
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


def _deploy(
    given: argparse.Namespace, environment: Mapping[str, str], person: Person, say: Callable[[str], None]
) -> None:
    flags = _from_flags(given)
    from_file = questions.from_file(given.config)
    lumos = RunningLumos(DataFolder(given.data_dir))
    running = lumos.address()
    with BoardConnection(choose_port(given.port)) as board:
        board.keep_watchdog_quiet()
        _, version, machine = board.identify()
        say(f"{board.port}: MicroPython {'.'.join(map(str, version))}{f', {machine}' if machine else ''}")
        before = board.config()
        kept = before if not given.wifi else {**before, "wifi": {}}  # another Wi-Fi has another password
        known = questions.merged(kept, from_file, questions.from_environment(environment), flags)
        config = questions.complete(known, person, running.broker_host if running else None, machine)
        _join(config, before, running, lumos, say)
        _copy(board, say)
        if config != before:
            board.write("board.json", json.dumps(config).encode())
        since_us = lumos.last_status_us(config["device"]) if running else 0
        say("restarting the board")
        board.restart()
    if not given.no_wait:
        _wait(board.port, config, running, lumos, since_us, say)


def _wait(
    port: str,
    config: dict[str, Any],
    running: Address | None,
    lumos: RunningLumos,
    since_us: int,
    say: Callable[[str], None],
) -> None:
    """Until the board has reported to Lumos, or to the broker where no Lumos is there to say so."""
    device = config["device"]
    with Console(port) as heard:
        if running is None:
            wait_for_report(heard, config, None, _REPORT_SECONDS)
            say(f"{device} is connected to the broker; no Lumos runs on this data folder to show it")
            return
        status = wait_for_report(heard, config, lambda: lumos.status_since(device, since_us), _REPORT_SECONDS)
    say(f"{device} reports: firmware {status.get('fw')}, address {status.get('ip')}")
    say(f"{running.page}/?device={device}")


def _from_flags(given: argparse.Namespace) -> dict[str, Any]:
    named = {"device": given.device, "board": given.board, "host": given.broker}
    flags: dict[str, Any] = {key: value for key, value in named.items() if value}
    if given.broker_port is not None:
        flags["port"] = given.broker_port
    if given.wifi:
        flags["wifi"] = {"ssid": given.wifi}
    return flags


def _join(
    config: dict[str, Any],
    before: dict[str, Any],
    running: Address | None,
    lumos: RunningLumos,
    say: Callable[[str], None],
) -> None:
    """Give the board its place at the broker: port, authority, and a user of its own unless it has one."""
    ours = running is not None and config["host"] == running.broker_host
    if running is not None and ours:
        config.setdefault("port", running.broker_port)
        if running.tls:
            config["tls_ca"] = lumos.authority()
    config.setdefault("port", 1883)
    has_one = config.get("password") and config.get("username", config["device"]) == config["device"]
    if has_one and before.get("device", config["device"]) == config["device"]:
        config.setdefault("username", config["device"])
        return
    if running is None:
        if not config.get("password"):
            raise BoardConfigError(
                "no Lumos runs on this data folder to make the board's password: start it with --lan,"
                " or set BOARD_PASSWORD (`python -m ingest device add` makes one)"
            )
        config["username"] = config["device"]
        return
    if running.broker_host is None:
        say("note: this Lumos listens on this machine only: start it with --lan for boards on the network")
    config["username"] = config["device"]
    config["password"] = lumos.board_password(config["device"])
    say(f"{config['device']} has a password of its own at the broker")


def _copy(board: BoardConnection, say: Callable[[str], None]) -> None:
    program = files.program()
    changed = {path: program[path] for path in board.differing(program)}
    for path in board.remove_strangers(program, "board"):
        say(f"removed {path}, which is not of this program")
    if not changed:
        say("nothing to copy: the board has this program already")
        return
    total = sum(map(len, changed.values()))
    done = 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        if sys.stderr.isatty():
            filled = _BAR * done // total
            sys.stderr.write(f"\r[{'█' * filled}{'·' * (_BAR - filled)}] {done / 1000:.1f} of {total / 1000:.1f} kB")
            sys.stderr.flush()

    for path, content in changed.items():
        board.write(path, content, progress)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    say(f"copied and verified {len(changed)} files, {total / 1000:.1f} kB")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
