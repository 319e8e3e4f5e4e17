"""The flags of `python -m firmware simulate`, and the `LUMOS_*` variables that stand in for some of them.

The firmware does not import the host's settings; it reads the six it shares with them here. A value that will not do
is refused with the flag or variable and what is wanted, and nothing is started.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path

from firmware.simulator.faults import FAULTS
from firmware.simulator.fleet import FleetOptions

_MOST_BOARDS = 2_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags. Those with a `LUMOS_*` variable have no default here, so that a given flag wins."""
    add = parser.add_argument
    add("--boards", type=_whole(1, _MOST_BOARDS), default=2, metavar="N", help="how many boards (2)")
    add("--name-prefix", type=_prefix, default="sim-", metavar="TEXT", help="boards are TEXT1 to TEXTN (sim-)")
    add("--host", help="the broker (LUMOS_MQTT_HOST, 127.0.0.1)")
    add("--port", metavar="P", help="the broker's port (LUMOS_MQTT_PORT, 1883)")
    add("--username", metavar="U", help="for the broker (LUMOS_MQTT_USERNAME)")
    add("--password-file", metavar="FILE", help="holds the password for the broker (LUMOS_MQTT_PASSWORD_FILE)")
    add("--board-users", metavar="FILE", help='each board\'s own password at the broker, as JSON: {"sim-1": "…"}')
    add("--tls-ca", metavar="FILE", help="certificate authority of the broker; speaks TLS (LUMOS_MQTT_TLS_CA)")
    add("--topic-root", metavar="ROOT", help="first level of the topics (LUMOS_TOPIC_ROOT, esp32)")
    add("--period", type=_whole(100, 3_600_000), default=1_000, metavar="MS", help="between samples (1000)")
    add("--seed", type=int, metavar="N", help="repeats the same weather and faults")
    add("--fault", action="append", default=[], choices=sorted(FAULTS), help="misbehave; may be given more than once")
    add("--buffer", type=_whole(1, 1_000_000), metavar="SAMPLES", help="what a board keeps while nobody takes it")
    add("--show", action="store_true", help="show the boards' screens here")


def read(given: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> FleetOptions:
    """The options in force. Raises ValueError with a sentence."""

    def setting(flag: str, default: str) -> tuple[str, str]:
        variable = f"LUMOS_{flag if flag == 'TOPIC_ROOT' else f'MQTT_{flag}'}"
        value = getattr(given, flag.lower())
        if value is not None:
            return value, f"--{flag.lower().replace('_', '-')}"
        return environment.get(variable) or default, variable

    port, port_source = setting("PORT", "1883")
    if not re.fullmatch(r"\d{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ValueError(f"{port_source} takes a port from 1 to 65535, not '{port}'")
    root, root_source = setting("TOPIC_ROOT", "esp32")
    if not re.fullmatch(r"[^+#$\s/][^+#\s/]*(/[^+#\s/]+)*", root):
        raise ValueError(f"{root_source} takes a topic such as esp32 or lab/esp32, not '{root}'")
    password_file, password_source = setting("PASSWORD_FILE", "")
    return FleetOptions(
        boards=given.boards,
        name_prefix=given.name_prefix,
        host=setting("HOST", "127.0.0.1")[0],
        port=int(port),
        username=setting("USERNAME", "")[0],
        password=_password(password_file, password_source),
        tls_ca=_authority(*setting("TLS_CA", "")),
        board_users=_board_users(given.board_users),
        topic_root=root,
        period_ms=given.period,
        seed=given.seed,
        faults=tuple(dict.fromkeys(given.fault)),
        buffer_samples=given.buffer,
    )


def _password(path: str, source: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise ValueError(f"{source}: {path} cannot be read ({cause}); name a readable text file") from cause


def _authority(path: str, source: str) -> Path | None:
    if not path:
        return None
    try:
        ssl.create_default_context(cafile=Path(path).expanduser())
    except (OSError, ssl.SSLError) as cause:
        raise ValueError(f"{source}: {path} cannot be used ({cause}); name a PEM file") from cause
    return Path(path).expanduser()


def _board_users(path: str | None) -> dict[str, str]:
    if not path:
        return {}
    wanted = 'write {"sim-1": "password"}'
    try:
        users = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ValueError(f"--board-users: {path} cannot be read ({cause}); {wanted}") from cause
    if not isinstance(users, dict) or not all(isinstance(password, str) for password in users.values()):
        raise ValueError(f"--board-users: {path} is no object of texts; {wanted}")
    return users


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read_whole(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high}, not '{text}'")
        return int(text)

    return read_whole


def _prefix(text: str) -> str:
    # The longest number of a board has four digits, and a device id 64 characters.
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", text):
        raise argparse.ArgumentTypeError(f"1 to 60 letters, digits, _ and -, not '{text}'")
    return text
