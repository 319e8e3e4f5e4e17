"""What a board must be told before it can work: from flags, environment, a file, the board itself, or a person.

The stronger stands before the weaker in that order. What a person types as a password is not shown; nothing of it goes
anywhere but to the board.
"""

from __future__ import annotations

import base64
import getpass
import math
import ssl
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware import board as on_board
from firmware.board.config import problem
from firmware.deploy import boards
from firmware.deploy.errors import BoardConfigError
from firmware.deploy.lumos import der_in
from telemetry.errors import nearest
from telemetry.topics import is_device_id

#: Keys of a configuration file, beside those of `board.json`.
_KEYS = (
    "device", "board", "wifi", "host", "port", "username", "password", "root", "period_ms", "sensors", "pins",
    "time_server", "tls_ca", "buffer_samples", "flash_bytes", "keep_alive_s",
)  # fmt: skip
_NUMBERS = {
    "period_ms": (100, 3_600_000),
    "buffer_samples": (10, 1_000),
    "flash_bytes": (0, 1_048_576),
    "keep_alive_s": (10, 600),
}
#: Environment variables, so that no password has to stand on a command line.
ENVIRONMENT = {
    "BOARD_DEVICE": ("device",),
    "BOARD_WIFI_SSID": ("wifi", "ssid"),
    "BOARD_WIFI_PASSWORD": ("wifi", "password"),
    "BOARD_BROKER": ("host",),
    "BOARD_PASSWORD": ("password",),
}


@dataclass(frozen=True)
class Person:
    """Somebody at a terminal, or nobody."""

    ask: Callable[[str], str]
    ask_secretly: Callable[[str], str]
    present: bool


def at_terminal() -> Person:
    """Whoever started this program."""
    return Person(input, getpass.getpass, sys.stdin.isatty())


def from_file(path: Path | None) -> dict[str, Any]:
    """A TOML file with the keys of board.json. Raises BoardConfigError."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise BoardConfigError(f"{path} cannot be read: {cause}") from cause
    for key in found:
        if key not in _KEYS:
            raise BoardConfigError(f"{path}: '{key}' is no setting of a board{nearest(key, _KEYS)}")
    return found


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """What the BOARD_* variables say."""
    found: dict[str, Any] = {}
    for variable, place in ENVIRONMENT.items():
        if variable in environment:
            _put(found, place, environment[variable])
    return found


def merged(*weaker_first: Mapping[str, Any]) -> dict[str, Any]:
    """One configuration of several, the later ones stronger, Wi-Fi merged key by key."""
    made: dict[str, Any] = {}
    for part in weaker_first:
        for key, value in part.items():
            made[key] = {**made.get(key, {}), **value} if key == "wifi" else value
    return made


def complete(known: dict[str, Any], person: Person, default_host: str | None, machine: str = "") -> dict[str, Any]:
    """The configuration with what was missing asked for, and checked. Raises BoardConfigError.

    `machine` is what MicroPython calls the board. The broker user's password is not asked for: Lumos makes it.
    """
    made = merged(known)
    made["board"] = _board(made.get("board"), person, machine)
    if "device" not in made:
        made["device"] = _asked(person, "Name of the device", "--device", "")
    if not is_device_id(str(made["device"])):
        raise BoardConfigError(f"'{made['device']}' is no name for a device: 1 to 64 of A-Z a-z 0-9 _ -, and not esp32")
    made["wifi"] = _wifi(made.get("wifi", {}), person)
    if not made.get("host"):
        made["host"] = _asked(person, "Broker, as the board reaches it", "--broker", default_host or "")
    made["wiring"] = boards.wiring(made)
    if made.get("tls_ca"):
        made["tls_ca"] = _authority(made["tls_ca"])
    if "sensors" not in made:
        pins = [str(pin) for pin in made["wiring"]["adc"]]
        default = str(boards.BOARDS[made["board"]]["light"])
        made["sensors"] = light_on(int(_asked(person, "Pin of the light sensor", "--light-pin", default, pins)))
    _check(made)
    return made


def _board(name: str | None, person: Person, machine: str) -> str:
    fitting = boards.fitting(machine)
    if name is None:
        return _asked(person, "Board", "--board", fitting[0], fitting)
    if name not in boards.BOARDS:
        raise BoardConfigError(f"'{name}' is no board{nearest(name, boards.BOARDS)}")
    if name not in fitting:
        raise BoardConfigError(
            f"the board is no {name}: MicroPython calls it '{machine}'. Choose with --board: {', '.join(fitting)}"
        )
    return name


def _wifi(known: dict[str, Any], person: Person) -> dict[str, Any]:
    made = dict(known)
    if not made.get("ssid"):
        made["ssid"] = _asked(person, "Wi-Fi", "--wifi", "")
    if "password" not in made:
        if not person.present:
            raise BoardConfigError(
                "the Wi-Fi's password is missing: set BOARD_WIFI_PASSWORD, empty for an open network"
            )
        made["password"] = person.ask_secretly(f"Password of {made['ssid']} (not shown): ")
    return made


def _authority(given: Any) -> str:
    """Whom the board is to trust, PEM or as a board keeps it already, as a board keeps it. Raises BoardConfigError."""
    text = str(given)
    try:
        return der_in(text if "-----" in text else ssl.DER_cert_to_PEM_cert(base64.b64decode(text, validate=True)))
    except (OSError, ValueError) as cause:
        raise BoardConfigError(
            f"tls_ca is no certificate that a board could trust ({text[:40]!r}): give the text of a PEM file, with its"
            " lines BEGIN CERTIFICATE and END CERTIFICATE (that of Lumos is secrets/ca.pem in its data folder)"
        ) from cause


def light_on(pin: int) -> list[dict[str, Any]]:
    """What a board measures when nobody said: light, and its own temperature, which needs no wire."""
    return [
        {"driver": "photoresistor", "metric": "light", "pin": pin},
        {"driver": "internal", "metric": "board_temperature"},
    ]


def _check(made: dict[str, Any]) -> None:
    wrong = problem({key: made[key] for key in ("wifi", "host", "port") if key in made})
    if wrong is not None:
        raise BoardConfigError(wrong)
    for key, (low, high) in _NUMBERS.items():
        value = made.get(key, low)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BoardConfigError(f"{key} must be {low} to {high}, not {value!r}")
    adc = made["wiring"]["adc"]
    for row in made["sensors"]:
        if (
            not isinstance(row, dict)
            or not isinstance(row.get("driver"), str)
            or not isinstance(row.get("metric"), str)
        ):
            raise BoardConfigError(f"sensors: {row} needs a driver and a metric")
        drivers = sorted(path.stem for path in (Path(on_board.__file__).parent / "drivers").glob("[a-z]*.py"))
        if row["driver"] not in drivers:
            raise BoardConfigError(f"sensors: '{row['driver']}' is no driver{nearest(row['driver'], drivers)}")
        if row["driver"] in ("photoresistor", "analog", "tmp36") and row.get("pin") not in adc:
            raise BoardConfigError(
                f"sensors: pin {row.get('pin')} cannot measure beside the Wi-Fi on a {made['board']}: use one of"
                f" {', '.join(map(str, adc))}"
            )
        if row["driver"] == "analog" and "points" in row and not _are_points(row["points"]):
            raise BoardConfigError(
                f"sensors: points of '{row['metric']}' must be two or more pairs of [millivolts, value], no two at the"
                f" same millivolts, such as [[0, 0], [3300, 100]], not {row['points']!r}"
            )


def _are_points(points: Any) -> bool:
    """Whether a curve can be drawn through them."""
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        return False
    numbers = [number for point in points for number in point]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        return False
    return len(points) >= 2 and len({millivolts for millivolts, _ in points}) == len(points)


def _asked(person: Person, question: str, flag: str, default: str, choices: Sequence[str] | None = None) -> str:
    if not person.present:
        if default:
            return default
        raise BoardConfigError(f"{question} is missing: give it with {flag}")
    hint = f" ({', '.join(choices)})" if choices else ""
    while True:
        answer = person.ask(f"{question}{hint}{f' [{default}]' if default else ''}: ").strip() or default
        if answer and (choices is None or answer in choices):
            return answer


def _put(made: dict[str, Any], place: tuple[str, ...], value: str) -> None:
    inner = made
    for key in place[:-1]:
        inner = inner.setdefault(key, {})
    inner[place[-1]] = value
