"""The board's own configuration file, and the trial of another one.

`board.json` is what is in force. A new one is written as `trial.json` and used at the next start only: it becomes
`board.json` when the board has reached the broker with it, and is thrown away at the start after, whatever ended the
trial. So no mistake in it, and no power cut, can shut a board out.
"""

import json
import os

_KEPT, _TRIAL, _TRIED = "board.json", "trial.json", "tried.json"
#: What the command `config` may change: (name, whether a value will do).
CHANGEABLE = ("wifi", "host", "port", "username", "password", "tls_ca", "time_server")


def load(folder: str = "") -> "tuple[dict | None, bool]":
    """`(configuration, whether it is on trial)`; None where the board has none."""
    if _exists(folder + _TRIED):
        os.remove(folder + _TRIED)  # it did not get through
    if _exists(folder + _TRIAL):
        os.rename(folder + _TRIAL, folder + _TRIED)
        config = _read(folder + _TRIED)
        if config is not None:
            return config, True
    return _read(folder + _KEPT), False


def in_force(folder: str = "") -> dict:
    """What the board goes by when nothing is on trial."""
    return _read(folder + _KEPT) or {}


def propose(config: dict, folder: str = "") -> None:
    """Have the next start try this."""
    with open(folder + _TRIAL + ".new", "w") as file:
        json.dump(config, file)
    os.rename(folder + _TRIAL + ".new", folder + _TRIAL)


def keep(folder: str = "") -> None:
    """What is on trial has got through: it is in force from now on."""
    os.rename(folder + _TRIED, folder + _KEPT)


def changed(config: dict, value: dict) -> dict:
    """The configuration with what the command says otherwise."""
    made = dict(config)
    made.update(value)
    return made


def problem(value) -> "str | None":
    """What is wrong with the value of the command `config`, as a sentence; None for nothing."""
    if not isinstance(value, dict) or not value:
        return "config must be an object with one or more of " + ", ".join(CHANGEABLE)
    for name, part in value.items():
        if name not in CHANGEABLE:
            return f"config cannot change '{name[:32]}': only " + ", ".join(CHANGEABLE)
        if name == "port":
            if not isinstance(part, int) or isinstance(part, bool) or not 1 <= part <= 65535:
                return "config: port must be 1 to 65535"
        elif name == "wifi":
            if not isinstance(part, dict) or not isinstance(part.get("ssid"), str) or not 1 <= len(part["ssid"]) <= 32:
                return "config: wifi must have an ssid of 1 to 32 characters, and a password"
            if not isinstance(part.get("password", ""), str):
                return "config: the Wi-Fi's password must be a text"
        elif not isinstance(part, str):
            return f"config: {name} must be a text"
    return None


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _read(path):
    try:
        with open(path) as file:
            config = json.load(file)
    except (OSError, ValueError):
        return None
    return config if isinstance(config, dict) and "device" in config else None
