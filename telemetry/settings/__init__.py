"""Every setting of Lumos: one table, read from flags, `LUMOS_*` variables and `lumos.toml`, in that order of strength.

Adding a setting means adding a row to `Settings`; `--help` and the README's table come from there, and a test holds
them to it. A setting that is unknown or ill-typed is refused with the file, the key and the nearest valid one.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telemetry import sources as source_rows
from telemetry.errors import SettingError, nearest
from telemetry.settings import values as read
from telemetry.settings.file import FILE_NAME, find_file, read_file

_ENVIRONMENT_PREFIX = "LUMOS_"


def _row(default: str, read: Callable[[str], Any], unit: str, help: str) -> Any:
    """A row of the table: the default as one would write it, how text becomes the value, the unit, the help line."""
    return field(default=read(default), metadata={"default": default, "read": read, "unit": unit, "help": help})


@dataclass(frozen=True)
class Settings:
    """The settings in force. `given` names those that somebody set; `origins` tells where, for messages."""

    data_dir: Path = _row("data", read.path, "folder", "where the database, secrets and backups are kept")
    host: str = _row("127.0.0.1", read.text, "address", "address the dashboard listens on")
    port: int = _row("8050", read.whole_number(1, 65_535), "port", "port of the dashboard")
    lan: bool = _row(
        "no",
        read.yes_or_no,
        "",
        "open dashboard and broker to the network; from then on everybody needs a password",
    )
    allow_original: bool = _row(
        "no",
        read.yes_or_no,
        "",
        "with --lan: let boards with the original program, which have no password, publish readings",
    )
    allowed_hosts: str = _row(
        "", read.text, "names", "further names, with commas, under which browsers may reach the dashboard"
    )
    base_path: str = _row("/", read.base_path, "path", "path under which a reverse proxy shows the dashboard")
    trusted_proxies: str = _row(
        "", read.networks, "addresses", "proxies, with commas, whose X-Forwarded headers are believed"
    )
    tls_certificate: Path | None = _row(
        "",
        read.optional_path,
        "file",
        "this host's certificate (PEM); dashboard and embedded broker then speak TLS",
    )
    tls_key: Path | None = _row("", read.optional_path, "file", "the certificate's private key (PEM)")
    session_idle: int = _row("12h", read.duration, "duration", "how long a login lasts without a click; 0 for 30 days")
    admin_password_file: Path | None = _row(
        "",
        read.optional_path,
        "file",
        "file whose first line is the password of the first admin, where nobody can be asked",
    )
    broker: str = _row(
        "embedded",
        read.one_of("embedded", "external"),
        "",
        "run a broker of its own, or use one that runs already",
    )
    mqtt_host: str = _row("127.0.0.1", read.text, "address", "the broker's address; when given, the broker is external")
    mqtt_port: int = _row("1883", read.whole_number(1, 65_535), "port", "the broker's port")
    mqtt_username: str = _row("", read.text, "", "user name at an external broker")
    mqtt_password_file: Path | None = _row(
        "", read.optional_path, "file", "file whose first line is that user's password"
    )
    mqtt_tls_ca: Path | None = _row(
        "", read.optional_path, "file", "certificate authority of the broker (PEM); when given, TLS is used"
    )
    topic_root: str = _row("esp32", read.topic_root, "topic", "first level of every topic")
    sources: str = _row(
        source_rows.DEFAULT,
        read.text,
        "names",
        "where readings come from, with commas, the first that matches; docs/sources.md has the names",
    )
    retention_raw: int = _row(
        "400d",
        read.duration,
        "duration",
        "how long raw readings are kept, 0 for ever; rollups are kept for ever",
    )
    quarantine_limit: int = _row(
        "10000", read.whole_number(1, 10_000_000), "messages", "most messages that the quarantine keeps, the newest"
    )
    quarantine_keep: int = _row(
        "30d", read.duration, "duration", "how long a message stays in the quarantine, 0 for ever"
    )
    backups_kept: int = _row(
        "7", read.whole_number(0, 1_000), "backups", "how many nightly backups are kept in data/backups; 0 makes none"
    )
    store_limit: int = _row(
        "0", read.size_or_none, "size", "what the store may take on disk, for the forecast; 0 is the whole disk"
    )
    language: str = _row("auto", read.one_of("auto", "en", "fr"), "", "language of the page; auto is the browser's")
    timezone: str = _row(
        "auto", read.time_zone, "zone", "time zone of the page, such as Europe/Paris; auto is the browser's"
    )
    place: str = _row("", read.text, "", "name of the place, shown in the header")
    flush_seconds: float = _row("0.1", read.seconds(0.01, 60), "seconds", "longest time a reading waits to be written")
    queue_limit: int = _row(
        "64MB", read.size, "size", "most that may wait to be written before the broker is made to wait"
    )
    message_limit: int = _row(
        "500",
        read.whole_number(0, 1_000_000),
        "messages",
        "most messages a second that one topic may bring over ten seconds; the others are left out and told;"
        " 0 is no limit",
    )
    memory_limit: int = _row("256MB", read.size, "size", "most memory DuckDB may use in ingest")
    read_port: int = _row(
        "0", read.whole_number(0, 65_535), "port", "port of the read service on loopback; 0 is any free one"
    )
    question_seconds: float = _row("30", read.seconds(0.1, 3_600), "seconds", "longest time a question may take")
    question_rows: int = _row("1000000", read.whole_number(1, 1_000_000_000), "rows", "most rows a question may give")
    log_level: str = _row("info", read.one_of("debug", "info", "warning", "error"), "", "how much is logged")
    log_format: str = _row(
        "text", read.one_of("text", "json"), "", "a line for people, or a JSON object for a collector"
    )
    log_files: bool = _row("no", read.yes_or_no, "", "log to data/logs too, in files that are kept small")

    given: frozenset[str] = field(default=frozenset(), metadata={}, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict, metadata={}, repr=False, compare=False)
    #: The tables `[source.NAME]` of lumos.toml, and the file's name.
    source_tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata={}, repr=False)
    source_file: str = field(default="", metadata={}, repr=False, compare=False)

    def as_environment(self) -> dict[str, str]:
        """The settings as `LUMOS_*` variables, for a child process. Secrets are files, so none is among them.

        Sources that no flag and no variable names are left to the child, which reads lumos.toml at each of its starts:
        so a change of them takes effect when ingest alone is started again.
        """
        texts: dict[str, str] = {}
        for row in rows():
            if row.name == "sources" and self.origins.get("sources") not in (row.flag, row.variable):
                continue
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
    if row.read is read.duration:
        return f"{value}s" if value else "0"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


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
    path = find_file(Path.cwd() if folder is None else folder, texts["data_dir"][0] if "data_dir" in texts else None)
    from_file, tables = read_file(path, {row.key: row for row in rows()}) if path else ({}, {})
    for name, entry in from_file.items():
        texts.setdefault(name, entry)
    values: dict[str, Any] = {}
    for row in rows():
        if row.name in texts:
            text, origin = texts[row.name]
            values[row.name] = _read(row, text, origin)
    if "mqtt_host" in values and "broker" not in values:
        values["broker"] = "external"
    origins = {name: origin for name, (_, origin) in texts.items()}
    file = str(path) if path else FILE_NAME
    found = Settings(**values, given=frozenset(texts), origins=origins, source_tables=tables, source_file=file)
    source_rows.sources(found)  # a mistake in them is said now, not when ingest starts
    return found


def _read(row: Row, text: str, origin: str) -> Any:
    try:
        return row.read(text.strip())
    except ValueError as cause:
        raise SettingError(f"{origin}: '{text[:120]}' is not {cause}") from cause


def table() -> str:
    """The settings as a Markdown table, as the README shows it."""
    lines = ["| flag | default | unit | what it is |", "|---|---|---|---|"]
    lines += [
        f"| `{row.flag}` | {f'`{row.default}`' if row.default else ''} | {row.unit} | {row.help} |" for row in rows()
    ]
    return "\n".join(lines)
