"""Every setting of Lumos: one table, read from flags, `LUMOS_*` variables and `lumos.toml`, in that order of strength.

Adding a setting means adding a row to `Settings`; `--help` and the README's table come from there, and a test holds
them to it. A setting that is unknown or ill-typed is refused with the file, the key and the nearest valid one.
"""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import os
import re
import tomllib
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from telemetry.errors import SettingError, nearest
from telemetry.topics import is_topic_root

_ENVIRONMENT_PREFIX = "LUMOS_"
_FILE_NAME = "lumos.toml"
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_557_600}
_BYTES = {"": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def _text(value: str) -> str:
    if "\x00" in value or "\n" in value:
        raise ValueError("one line of text")
    return value


def _path(value: str) -> Path:
    if not value:
        raise ValueError("a path")
    return Path(value).expanduser()


def _optional_path(value: str) -> Path | None:
    return Path(value).expanduser() if value else None


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value) or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return read


def _yes_or_no(value: str) -> bool:
    if value.lower() not in ("yes", "no", "true", "false"):
        raise ValueError("yes or no")
    return value.lower() in ("yes", "true")


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return read


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value) or not low <= float(value) <= high:
            raise ValueError(f"seconds from {low:g} to {high:g}")
        return float(value)

    return read


def _duration(value: str) -> int:
    """Seconds of `400d`, `12h`, `2y`; 0 means for ever."""
    found = re.fullmatch(r"([0-9]{1,12})([smhdwy])", value)
    if value == "0":
        return 0
    if not found:
        raise ValueError("a duration such as 400d, 12h or 2y, or 0 for ever")
    return int(found[1]) * _SECONDS[found[2]]


def _size(value: str) -> int:
    """Bytes of `256MB`."""
    found = re.fullmatch(r"([0-9]{1,12}) ?(|kb|mb|gb)", value.lower())
    if not found or int(found[1]) == 0:
        raise ValueError("a size such as 256MB")
    return int(found[1]) * _BYTES[found[2]]


def _root(value: str) -> str:
    if not is_topic_root(value):
        raise ValueError("a topic without wildcards, spaces, a leading $ or /, such as esp32 or lab/esp32")
    return value


def _base_path(value: str) -> str:
    if not re.fullmatch(r"/([\w.~-]+/)*[\w.~-]*", value):
        raise ValueError("a path such as / or /lumos")
    return "/" + value.strip("/")


def _networks(value: str) -> str:
    for entry in filter(None, (part.strip() for part in value.split(","))):
        try:
            ipaddress.ip_network(entry, strict=False)
        except ValueError as cause:
            raise ValueError("addresses or networks with commas, such as 127.0.0.1,10.0.0.0/8") from cause
    return value


def _zone(value: str) -> str:
    if value != "auto":
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as cause:
            close = nearest(value, zoneinfo.available_timezones())
            raise ValueError(f"auto (the browser's) or a name such as Europe/Paris{close.rstrip('.')}") from cause
    return value


def _row(default: str, read: Callable[[str], Any], unit: str, help: str) -> Any:
    """A row of the table: the default as one would write it, how text becomes the value, the unit, the help line."""
    return field(default=read(default), metadata={"default": default, "read": read, "unit": unit, "help": help})


@dataclass(frozen=True)
class Settings:
    """The settings in force. `given` names those that somebody set; `sources` tells where, for messages."""

    data_dir: Path = _row("data", _path, "folder", "where the database, secrets and backups are kept")
    host: str = _row("127.0.0.1", _text, "address", "address the dashboard listens on")
    port: int = _row("8050", _whole(1, 65_535), "port", "port of the dashboard")
    lan: bool = _row(
        "no", _yes_or_no, "", "open dashboard and broker to the network; from then on everybody needs a password"
    )
    allow_original: bool = _row(
        "no",
        _yes_or_no,
        "",
        "with --lan: let boards with the original program, which have no password, publish readings",
    )
    allowed_hosts: str = _row(
        "", _text, "names", "further names, with commas, under which browsers may reach the dashboard"
    )
    base_path: str = _row("/", _base_path, "path", "path under which a reverse proxy shows the dashboard")
    trusted_proxies: str = _row(
        "", _networks, "addresses", "proxies, with commas, whose X-Forwarded headers are believed"
    )
    tls_certificate: Path | None = _row(
        "", _optional_path, "file", "this host's certificate (PEM); dashboard and embedded broker then speak TLS"
    )
    tls_key: Path | None = _row("", _optional_path, "file", "the certificate's private key (PEM)")
    session_idle: int = _row("12h", _duration, "duration", "how long a login lasts without a click; 0 for 30 days")
    admin_password_file: Path | None = _row(
        "",
        _optional_path,
        "file",
        "file whose first line is the password of the first admin, where nobody can be asked",
    )
    broker: str = _row(
        "embedded", _choice("embedded", "external"), "", "run a broker of its own, or use one that runs already"
    )
    mqtt_host: str = _row("127.0.0.1", _text, "address", "the broker's address; when given, the broker is external")
    mqtt_port: int = _row("1883", _whole(1, 65_535), "port", "the broker's port")
    mqtt_username: str = _row("", _text, "", "user name at an external broker")
    mqtt_password_file: Path | None = _row("", _optional_path, "file", "file whose first line is that user's password")
    mqtt_tls_ca: Path | None = _row(
        "", _optional_path, "file", "certificate authority of the broker (PEM); when given, TLS is used"
    )
    topic_root: str = _row("esp32", _root, "topic", "first level of every topic")
    retention_raw: int = _row(
        "400d", _duration, "duration", "how long raw readings are kept, 0 for ever; rollups are kept for ever"
    )
    language: str = _row("auto", _choice("auto", "en", "fr"), "", "language of the page; auto is the browser's")
    timezone: str = _row("auto", _zone, "zone", "time zone of the page, such as Europe/Paris; auto is the browser's")
    place: str = _row("", _text, "", "name of the place, shown in the header")
    flush_seconds: float = _row("0.1", _seconds(0.01, 60), "seconds", "longest time a reading waits to be written")
    queue_limit: int = _row("64MB", _size, "size", "most that may wait to be written before the broker is made to wait")
    memory_limit: int = _row("256MB", _size, "size", "most memory DuckDB may use in ingest")
    read_port: int = _row("0", _whole(0, 65_535), "port", "port of the read service on loopback; 0 is any free one")
    question_seconds: float = _row("30", _seconds(0.1, 3_600), "seconds", "longest time a question may take")
    question_rows: int = _row("1000000", _whole(1, 1_000_000_000), "rows", "most rows a question may give")
    log_level: str = _row("info", _choice("debug", "info", "warning", "error"), "", "how much is logged")

    given: frozenset[str] = field(default=frozenset(), metadata={}, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, metadata={}, repr=False, compare=False)

    def as_environment(self) -> dict[str, str]:
        """The settings as `LUMOS_*` variables, for a child process. Secrets are files, so none is among them."""
        texts: dict[str, str] = {}
        for row in rows():
            value = getattr(self, row.name)
            if row.name == "data_dir":
                value = Path(value).absolute()
            texts[row.variable] = _write(row, value)
        return texts

    @property
    def listens_on(self) -> str:
        """The address the dashboard listens on: every one of this machine with --lan, unless one was named."""
        return "0.0.0.0" if self.lan and "host" not in self.given else self.host  # noqa: S104

    @property
    def login_required(self) -> bool:
        """Whether the dashboard can be reached from elsewhere, so that nobody may be anonymous."""
        return self.lan or self.host not in ("127.0.0.1", "localhost", "::1") or bool(self.trusted_proxies)

    @property
    def embedded(self) -> bool:
        """Whether Lumos runs the broker itself."""
        return self.broker == "embedded"


@dataclass(frozen=True)
class Row:
    """A setting as people see it."""

    name: str
    default: str
    unit: str
    help: str
    read: Callable[[str], Any]

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return _ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def key(self) -> str:
        """The name in lumos.toml."""
        return self.name.replace("_", "-")


def rows() -> tuple[Row, ...]:
    """The table of settings, in the order in which they are shown."""
    return tuple(
        Row(f.name, f.metadata["default"], f.metadata["unit"], f.metadata["help"], f.metadata["read"])
        for f in dataclasses.fields(Settings)
        if f.metadata
    )


def _write(row: Row, value: Any) -> str:
    """The text that `row.read` turns into `value` again."""
    if value is None:
        return ""
    if row.read is _duration:
        return f"{value}s" if value else "0"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


class _Parser(argparse.ArgumentParser):
    """argparse whose complaints are ours: one sentence, the nearest valid flag, exit code 2 by the caller."""

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (--[^\s=]+)", message)
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            close = nearest(unknown[1], flags)
            raise SettingError(f"{unknown[1]} is no flag of {self.prog}{close if 'mean' in close else '; see --help'}")
        raise SettingError(f"{self.prog}: {message}; see --help")


def parser(prog: str, description: str) -> argparse.ArgumentParser:
    """A command line with every setting as a flag; the caller may add modes of its own."""
    made = _Parser(prog=prog, description=description, allow_abbrev=False)
    _add_flags(made)
    return made


def sub_parser(words: Any, name: str, help: str) -> argparse.ArgumentParser:
    """A sub-command that takes every setting too, so that flags may stand behind its words."""
    made: argparse.ArgumentParser = words.add_parser(name, help=help, description=help, allow_abbrev=False)
    _add_flags(made)
    return made


def _add_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group(
        "settings", f"each also as a LUMOS_* variable or a key of {_FILE_NAME}; flags are strongest, the file weakest"
    )
    for row in rows():
        unit = f" ({row.unit})" if row.unit else ""
        default = f" [{row.default}]" if row.default else ""
        # A yes-or-no setting may be given as the flag alone.
        alone: dict[str, Any] = {"nargs": "?", "const": "yes"} if row.read is _yes_or_no else {}
        text = f"{row.help}{unit}{default}".replace("%", "%%")
        # Suppressed, so that a sub-command's silence does not undo what stood before it.
        group.add_argument(row.flag, metavar="VALUE", dest=row.name, default=argparse.SUPPRESS, help=text, **alone)


def load(
    arguments: argparse.Namespace | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """The settings in force from parsed flags, the environment and lumos.toml in the working (or the data) folder.

    Raises SettingError, which names the place, the key, and the nearest valid one.
    """
    environment = os.environ if environment is None else environment
    texts: dict[str, tuple[str, str]] = {}
    for row in rows():
        flag = getattr(arguments, row.name, None)
        if flag is not None:
            texts[row.name] = (flag, row.flag)
    known = {row.variable: row for row in rows()}
    for variable, text in environment.items():
        if not variable.startswith(_ENVIRONMENT_PREFIX):
            continue
        if variable not in known:
            raise SettingError(f"the environment sets {variable}, which is no setting{nearest(variable, known)}")
        texts.setdefault(known[variable].name, (text, variable))
    for name, entry in _from_file(Path.cwd() if folder is None else folder, texts).items():
        texts.setdefault(name, entry)
    values: dict[str, Any] = {}
    for row in rows():
        if row.name in texts:
            text, source = texts[row.name]
            values[row.name] = _read(row, text, source)
    if "mqtt_host" in values and "broker" not in values:
        values["broker"] = "external"
    return Settings(**values, given=frozenset(texts), sources={name: source for name, (_, source) in texts.items()})


def _read(row: Row, text: str, source: str) -> Any:
    try:
        return row.read(text.strip())
    except ValueError as cause:
        raise SettingError(f"{source}: '{text[:120]}' is not {cause}") from cause


def _from_file(folder: Path, stronger: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """What lumos.toml says: that of the working folder, else that of the data folder."""
    data_dir = Path(stronger["data_dir"][0]).expanduser() if "data_dir" in stronger else folder / "data"
    path = next((place / _FILE_NAME for place in (folder, data_dir) if (place / _FILE_NAME).is_file()), None)
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as cause:
        raise SettingError(f"{path} cannot be read: {cause}. Mend it, or move it away") from cause
    known = {row.key: row for row in rows()}
    found: dict[str, tuple[str, str]] = {}
    for key, value in content.items():
        name = key.replace("_", "-")
        if name not in known:
            raise SettingError(f"{path}: '{key}' is no setting{nearest(name, known)}")
        if not isinstance(value, str | int | float):
            raise SettingError(f"{path}: {key} takes {known[name].help}, as a text or a number")
        text = f"{value:g}" if isinstance(value, float) else str(value)
        found[known[name].name] = (text, f"{path}: {key}")
    return found


def read_arguments(made: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parsed flags; raises SettingError in place of argparse's exit."""
    return made.parse_args(argv)


def table() -> str:
    """The settings as a Markdown table, as the README shows it."""
    lines = ["| flag | default | unit | what it is |", "|---|---|---|---|"]
    lines += [
        f"| `{row.flag}` | {f'`{row.default}`' if row.default else ''} | {row.unit} | {row.help} |" for row in rows()
    ]
    return "\n".join(lines)
