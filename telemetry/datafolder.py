"""The data folder: what lies where in it, made with the modes it needs.

    lumos.duckdb       the database; ingest is its only writer
    secrets/           tokens and passwords, mode 0600; never backed up, never logged
    run/               locks and what the running parts tell of themselves
    archive/           closed days, one Parquet file a day and level; what the database does not name is swept away
    backups/           with archive/ the only folder DuckDB itself may write to
    set-aside/         stores that a restored backup took the place of
    logs/              what the programs log, with --log-files
    broker/            the embedded broker's configuration and its queue
    .gitignore, README.md are the repository's

Nobody else in Lumos joins a path below the data folder.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from pathlib import Path
from typing import Any

from telemetry.errors import DataFolderError, NoRoomError


class DataFolder:
    """The paths below one data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.database = self.path / "lumos.duckdb"
        self.secrets = self.path / "secrets"
        self.run = self.path / "run"
        self.backups = self.path / "backups"
        self.archive = self.path / "archive"
        self.set_aside = self.path / "set-aside"
        self.broker = self.path / "broker"
        self.logs = self.path / "logs"
        self.read_token = self.secrets / "read.token"
        self.action_token = self.secrets / "action.token"
        self.ingest_lock = self.run / "ingest.lock"
        self.app_lock = self.run / "app.lock"
        self.app_address = self.run / "app.json"
        self.part_events = self.run / "parts.json"
        self.ingest_client_id = self.secrets / "ingest.client-id"
        self.subscriptions = self.run / "subscriptions.json"
        self.alert_channels = self.secrets / "alert-channels.json"
        self.people = self.secrets / "people.sqlite"
        self.broker_users = self.secrets / "broker-users.json"
        self.broker_users_nats = self.broker / "users.conf"
        self.broker_mosquitto_passwords = self.broker / "mosquitto.passwords"
        self.broker_mosquitto_access = self.broker / "mosquitto.access"
        self.demo_passwords = self.secrets / "demo-boards.json"
        self.broker_pid = self.run / "broker.pid"
        self.tls_authority = self.secrets / "ca.pem"
        self.tls_authority_key = self.secrets / "ca.key"
        self.tls_certificate = self.secrets / "host.pem"
        self.tls_key = self.secrets / "host.key"
        self._ingest_address = self.run / "ingest.json"

    def ensure(self) -> None:
        """Make the folder and its rooms. Raises DataFolderError, and NoRoomError where the disk is full."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for room in (self.secrets, self.run, self.backups, self.archive, self.broker):
                room.mkdir(exist_ok=True)
            self.secrets.chmod(0o700)
            probe = self.run / f".write-{os.getpid()}"
            probe.write_text("")
            probe.unlink()
        except OSError as cause:
            if cause.errno == errno.ENOSPC:
                raise NoRoomError(f"the data folder {self.path} is on a full disk: make room on the disk") from cause
            raise DataFolderError(
                f"the data folder {self.path} cannot be written ({cause.strerror or cause}): "
                "give this user the right to, or choose another with --data-dir"
            ) from cause

    def new_token(self, path: Path) -> str:
        """A fresh random token, written to `path` with mode 0600."""
        token = secrets.token_urlsafe(32)
        self.write_private(path, token)
        return token

    def broker_password(self, service: str) -> Path:
        """The file with the password that one of our own programs uses at the broker."""
        return self.secrets / f"{service}.password"

    def read_private(self, path: Path) -> str | None:
        """The first line of a secret file, or None when it is not there."""
        text = self.read_private_text(path)
        return None if text is None else text.split("\n", 1)[0].strip()

    def read_private_text(self, path: Path) -> str | None:
        """All of a file in this folder, or None when it is not there."""
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write_private(self, path: Path, text: str) -> None:
        """Replace a file in one step, readable by this user only from its first byte."""
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        fresh.replace(path)

    def announce_ingest(self, facts: dict[str, Any]) -> None:
        """Where ingest's read service listens (`{"port": …, "pid": …}`), for whoever asks."""
        self.write_private(self._ingest_address, json.dumps(facts))

    def ingest_address(self) -> dict[str, Any] | None:
        """What ingest announced last, or None; whether it still runs is for the caller to find out."""
        try:
            facts = json.loads(self._ingest_address.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None
