"""What one may tell a board, checked and written as docs/contract.md says.

A command is a row of COMMANDS: its name, what its value may be, and the words of the original program where it has
any. The dashboard publishes what `encode` gives; ingest reads it back with `decode` and keeps it. No broker here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ulid import ULID

from telemetry.errors import CommandError, nearest
from telemetry.topics import ORIGINAL_DEVICE, is_device_id

MESSAGE_LENGTH = 512
PERIOD_MS = (100, 3_600_000)
#: A board that has not answered within this time is said to have timed out; a later answer still counts.
ACK_TIMEOUT_SECONDS = 5.0
#: How long a command for a silent board is held before it lapses.
HOLD_SECONDS = 3_600.0


class CommandState(StrEnum):
    """Where a command stands, in the order in which it may move."""

    HELD = "held"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNCONFIRMABLE = "sent, cannot be confirmed"


@dataclass(frozen=True, slots=True)
class Command:
    """One command to one device. `id` is a ULID, `by` who asked; `id` is empty for the original program's words."""

    device: str
    cmd: str
    value: Any
    by: str
    id: str


@dataclass(frozen=True, slots=True)
class CommandKind:
    """A row of the table: `check` returns the value to send or raises CommandError with a sentence."""

    name: str
    check: Callable[[Any], Any]
    help: str


def _boolean(name: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, bool):
            raise CommandError(f"{name} takes true or false, not {value!r:.64}")
        return value

    return check


def _message(value: Any) -> Any:
    if not isinstance(value, str):
        raise CommandError(f"message takes a text, not {value!r:.64}")
    if len(value) > MESSAGE_LENGTH:
        raise CommandError(f"a message has at most {MESSAGE_LENGTH} characters, this one has {len(value)}: shorten it")
    if "\x00" in value:
        raise CommandError("a message cannot hold the character NUL: remove it")
    return value


def _period(value: Any) -> Any:
    low, high = PERIOD_MS
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise CommandError(f"period takes {low} to {high} milliseconds as a whole number, not {value!r:.64}")
    return value


#: What `config` may change on a board, and of which kind it is.
_CONFIG_KEYS = {"wifi": dict, "host": str, "port": int, "username": str, "password": str, "time_server": str}


def _config(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise CommandError(f"config takes an object with one or more of {', '.join(_CONFIG_KEYS)}")
    for key, part in value.items():
        if key not in _CONFIG_KEYS:
            raise CommandError(f"config cannot change '{key[:64]}'{nearest(key, _CONFIG_KEYS)}")
        if not isinstance(part, _CONFIG_KEYS[key]) or isinstance(part, bool):
            raise CommandError(f"config: {key} takes {_CONFIG_KEYS[key].__name__}, not {type(part).__name__}")
    return value


def without_secrets(value: Any) -> Any:
    """The same value with every password blotted out, for whatever is kept or shown."""
    if isinstance(value, dict):
        return {key: "***" if key == "password" else without_secrets(part) for key, part in value.items()}
    return [without_secrets(part) for part in value] if isinstance(value, list) else value


def _nothing(name: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in (None, True):
            raise CommandError(f"{name} takes no value, not {value!r:.64}")
        return True

    return check


COMMANDS: Mapping[str, CommandKind] = {
    kind.name: kind
    for kind in (
        CommandKind("led", _boolean("led"), "switch the LED: true or false"),
        CommandKind("message", _message, f"show a text of up to {MESSAGE_LENGTH} characters; an empty one clears"),
        CommandKind("sending", _boolean("sending"), "send readings or pause: true or false"),
        CommandKind("period", _period, "milliseconds between samples, 100 to 3600000"),
        CommandKind("identify", _nothing("identify"), "blink and show the name"),
        CommandKind("config", _config, "another Wi-Fi or broker, kept only if the board gets through with it"),
        CommandKind("reboot", _nothing("reboot"), "restart the board"),
    )
}


def make(device: str, cmd: str, value: Any, by: str, command_id: str = "") -> Command:
    """A checked command, with this id (a ULID) or a fresh one.

    The same id again is the same command: the board does it once, and ingest records it once. Raises CommandError for
    no board, an unknown command, a wrong value, or what is no id.
    """
    if not is_device_id(device) and device != ORIGINAL_DEVICE:
        raise CommandError(f"'{device[:64]}' is no board of this project: it does not know such commands")
    kind = COMMANDS.get(cmd)
    if kind is None:
        raise CommandError(f"'{cmd[:64]}' is no command{nearest(cmd, COMMANDS)}")
    return Command(device, cmd, kind.check(value), by, identity(command_id))


def identity(command_id: str = "") -> str:
    """An id as it is kept, or a fresh one for none. Raises CommandError for what is no ULID."""
    if not command_id:
        return str(ULID())
    try:
        return str(ULID.from_str(command_id.upper()))
    except ValueError as cause:
        raise CommandError(f"id='{command_id[:64]}' must be a ULID (26 letters and digits), or absent") from cause


def encode(command: Command) -> bytes:
    """The payload for the board's `input` topic, UTF-8 JSON."""
    body = {"id": command.id, "cmd": command.cmd, "value": command.value, "by": command.by}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def encode_original(command: Command) -> bytes:
    """The original program's words: `LedOn`, `LedOff`, or the text for its screen. Raises CommandError for others."""
    if command.cmd == "led":
        return b"LedOn" if command.value else b"LedOff"
    if command.cmd == "message":
        return str(command.value).encode()
    raise CommandError(f"a board with the original program knows led and message, not {command.cmd}")


def decode(device: str, payload: bytes) -> Command:
    """The command in a payload overheard on a device's `input`, JSON or the original words, without its secrets.

    Never raises. It is a record of what was said, not a check: the board decides, and its acknowledgement tells.
    """
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return decode_original(device, payload)
    if not isinstance(body, dict) or not isinstance(body.get("cmd"), str):
        return decode_original(device, payload)
    identity, author = body.get("id"), body.get("by")
    try:
        value = without_secrets(body.get("value"))
    except RecursionError:
        value = None
    return Command(
        device,
        body["cmd"],
        value,
        author if isinstance(author, str) else "",
        identity if isinstance(identity, str) else "",
    )


def decode_original(device: str, payload: bytes) -> Command:
    """The command in the original program's words, overheard on its `input`; without id and author."""
    text = payload.decode("utf-8", errors="replace")
    if text in ("LedOn", "LedOff"):
        return Command(device, "led", text == "LedOn", "", "")
    return Command(device, "message", text, "", "")
